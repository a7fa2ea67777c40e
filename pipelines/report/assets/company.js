// A company's page: the version in the address, its text, and what changed; going from version to version.
"use strict";

(() => {
  const reader = document.getElementById("reader");
  if (!reader) return;
  const { load, make, number } = PolicyReport;
  const folder = reader.dataset.folder;
  const body = document.getElementById("reader-body");
  const view = document.getElementById("view");
  const versions = new Map();
  for (const link of document.querySelectorAll(".versions a")) versions.set(Number(link.dataset.number), { link, ...link.dataset });
  const newest = versions.size;
  let current = 0;
  let chosen = 0; // the version that it is compared with, if that is not the one before
  let turn = 0; // of rendering; an older one that ends late is dropped

  // The reader

  const SAID = {
    first: () => "The first text that is known of this page: there is nothing to compare it with.",
    "same text": (version) => `The same text as version ${version.before}, seen again.`,
    withheld: () => "The text of this version, or of the one before, is withheld on request.",
    "not readable": () => "A text file was not there when this report was made. Run scrapy report again.",
  };

  async function content(version, mode, layout) {
    const lines = PolicyDiff.read(await load(folder, version.text));
    if (mode === "text") return PolicyDiff.text(lines);
    const before = versions.get(chosen || Number(version.before));
    const old = PolicyDiff.read(await load(folder, before.text));
    const rows = chosen ? PolicyCompare.compare(...[old, lines].map((side) => side.map(({ text }) => text))) : (await load(folder, version.diff))[0];
    const heads = [`v${before.number}, until ${chosen ? clock(before.to).slice(0, 10) : version.after}`, `v${version.number}, from ${version.first}`];
    return PolicyDiff.difference(rows, old, lines, layout, heads);
  }

  function summary(version) {
    if (chosen) return `What led from version ${chosen}, last seen ${clock(versions.get(chosen).to).slice(0, 10)}, to this one, first seen ${version.first}.`;
    if (!Number(version.before)) return `First seen ${version.first}.`;
    const span = version.after === version.first ? `on ${version.first}` : `after ${version.after} and by ${version.first}`;
    const counts = {
      substantive: "",
      dates: " Only dates differ.",
      punctuation: " No word differs, only punctuation or capitals.",
      links: " The text is the same; only its links differ.",
      markup: " The text is the same; only its layout or the page’s title differs.",
      moved: " Whole sentences moved; none was changed.",
    }[version.kind];
    if (counts === undefined) return `First seen ${version.first}.`;
    return `Changed ${span}, against version ${version.before}: ${number(version.added)} ${Number(version.added) === 1 ? "word" : "words"} added, ${number(version.removed)} removed${Number(version.moved) ? `, ${number(version.moved)} moved` : ""}.${counts}${version.topics ? ` Topics: ${version.topics}.` : ""}`;
  }

  function links(version) {
    const parts = [`${number(version.words)} words`, version.about, version.file && make("a", { href: version.file }, "text file")].filter(Boolean);
    if (version.snapshot) parts.push(make("a", { href: version.snapshot, rel: "noopener noreferrer nofollow", target: "_blank" }, "original at the Wayback Machine"));
    return parts.flatMap((part) => [" · ", part]).slice(1);
  }

  const clock = (digits) => `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6, 8)} ${digits.slice(8, 10)}:${digits.slice(10, 12)}:${digits.slice(12)} UTC`;
  const snapshotLink = ({ snapshot }) => (snapshot ? make("a", { href: snapshot, rel: "noopener noreferrer nofollow", target: "_blank" }, snapshot) : "–");
  const FACTS = [
    ["First capture", (version) => clock(version.from)],
    ["Last capture", (version) => clock(version.to)],
    ["Date in the text", (version) => version.effective || "none that is sure"],
    ["Page", (version) => version.url],
    ["Snapshot", snapshotLink],
    ["SHA-256 of title and text", (version) => make("code", {}, version.sha)],
  ];

  /** What tells where a version and the one before are from, for those who print this or cite it. */
  function facts(version) {
    const shown = [versions.get(chosen || Number(version.before)), version].filter(Boolean);
    const head = make("tr", {}, make("th", {}), ...shown.map((each) => make("th", { scope: "col" }, `Version ${each.number}`)));
    const rows = FACTS.map(([name, value]) => make("tr", {}, make("th", { scope: "row" }, name), ...shown.map((each) => make("td", {}, value(each)))));
    return make("table", { class: "facts" }, make("thead", {}, head), make("tbody", {}, ...rows));
  }

  function choices() {
    const given = new FormData(view);
    return { mode: given.get("view"), layout: given.get("layout") };
  }

  async function render() {
    const version = versions.get(current);
    if (!version) return;
    const mine = ++turn;
    const { mode, layout } = choices();
    document.getElementById("layout").disabled = mode === "text";
    body.setAttribute("aria-busy", "true");
    const made = await panel(version, mode, layout);
    if (mine !== turn) return;
    body.replaceChildren(made);
    body.removeAttribute("aria-busy");
    if (version.lang !== "und") body.lang = version.lang;
    else body.removeAttribute("lang");
    const changes = findChanges().length;
    for (const button of view.querySelectorAll("[data-go^=change]")) button.disabled = !changes;
  }

  async function panel(version, mode, layout) {
    const said = version.text ? mode === "diff" && !chosen && SAID[version.kind] : SAID[version.withheld ? "withheld" : "not readable"];
    if (said && !(mode === "diff" && version.kind === "first" && version.text)) return make("p", { class: "quiet" }, said(version));
    try {
      const shown = await content(version, version.kind === "first" && !chosen ? "text" : mode, layout);
      return said ? make("div", {}, make("p", { class: "quiet" }, said(version)), shown) : shown;
    } catch (error) {
      return make("p", { class: "quiet" }, error.message);
    }
  }

  /** Offer the versions before this one, each to be compared with. */
  function offer(version) {
    const usual = Number(version.before);
    const others = [...versions.values()].filter((each) => each.text && Number(each.number) < current && Number(each.number) !== usual);
    const options = others.map((each) => make("option", { value: each.number }, `v${each.number}, ${each.first}`));
    view.elements.against.replaceChildren(make("option", { value: "" }, usual ? `v${usual}, the one before` : "none"), ...options);
    view.elements.against.value = chosen ? String(chosen) : "";
    view.elements.against.disabled = !others.length || !version.text;
  }

  function show(wanted, against = 0) {
    const version = versions.get(wanted);
    if (!version) return;
    chosen = against < wanted && against !== Number(version.before) && versions.get(against)?.text ? against : 0;
    if (!isShown(wanted)) {
      noise.checked = true;
      showNoise();
    }
    versions.get(current)?.link.removeAttribute("aria-current");
    current = wanted;
    version.link.setAttribute("aria-current", "true");
    const list = version.link.closest("ol");
    list.scrollTop = version.link.offsetTop - list.offsetTop - list.clientHeight / 3;
    for (const mark of document.querySelectorAll(".lane a")) mark.classList.toggle("current", mark.getAttribute("href") === `#v${wanted}`);
    offer(version);
    document.getElementById("reader-title").textContent = `Version ${wanted} of ${newest}`;
    document.getElementById("reader-when").textContent = summary(version);
    document.getElementById("reader-links").replaceChildren(...links(version));
    document.querySelector("#reader-facts .scroll").replaceChildren(facts(version));
    document.getElementById("reader-said").textContent = `Version ${wanted}. ${summary(version)}`;
    reader.querySelector("[data-go=older]").disabled = wanted <= 1;
    reader.querySelector("[data-go=newer]").disabled = wanted >= newest;
    render();
  }

  // Going about

  const findChanges = () => [...body.querySelectorAll(".diff.inline .added, .diff.inline .removed, .diff.inline .changed, .diff.inline .here, tr.change")];

  function goToChange(step) {
    const changes = findChanges();
    // Neighbouring changed lines are one stop.
    const stops = changes.filter((change) => !changes.includes(change.previousElementSibling));
    const at = stops.findLastIndex((stop) => stop === document.activeElement || stop.classList.contains("here"));
    const next = stops[Math.min(stops.length - 1, Math.max(0, at + step))];
    if (!next) return;
    for (const stop of stops) stop.classList.toggle("here", stop === next);
    PolicyDiff.focusOn(next);
  }

  const GO = {
    older: () => go(current - 1),
    newer: () => go(current + 1),
    "change-on": () => goToChange(1),
    "change-back": () => goToChange(-1),
  };
  const KEYS = { j: "newer", k: "older", n: "change-on", p: "change-back" };

  // Versions that say nothing new are hidden until they are asked for: by their box, a key or an address.

  const noise = document.getElementById("noise");
  const isShown = (number) => !noise || noise.checked || !versions.get(number)?.link.closest(".noise");

  function showNoise() {
    document.querySelector(".versions").classList.toggle("all", noise.checked);
  }

  function go(wanted) {
    if (versions.has(wanted)) location.hash = `v${wanted}`;
  }

  const address = () => (/^#v(\d+)(?:-v(\d+))?$/.exec(location.hash)?.slice(1) ?? []).map((number) => Number(number ?? 0));
  const inAddress = () => address()[0] ?? 0;

  noise?.addEventListener("change", showNoise);
  if (noise) document.querySelector(".versions").classList.add("quietly");
  view.addEventListener("change", (event) => {
    if (event.target.name === "against") location.hash = event.target.value ? `v${current}-v${event.target.value}` : `v${current}`;
    else render();
  });
  view.addEventListener("submit", (event) => event.preventDefault());
  reader.addEventListener("click", (event) => {
    const button = event.target.closest("[data-go]");
    if (button) GO[button.dataset.go]();
  });
  document.querySelector(".work").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input[type=search], select")) return;
    const action = GO[KEYS[event.key]];
    if (!action) return;
    event.preventDefault();
    action();
  });
  addEventListener("hashchange", () => {
    show(...address());
    if (inAddress()) {
      document.getElementById("reader-title").focus({ preventScroll: true });
      reader.scrollIntoView({ block: "start" });
    }
  });

  // On paper nobody can open anything.
  const sources = document.getElementById("reader-facts");
  let wasOpen = false;
  addEventListener("beforeprint", () => {
    wasOpen = sources.open;
    sources.open = true;
  });
  addEventListener("afterprint", () => (sources.open = wasOpen));

  const lengths = [...versions.values()].map(({ at, words }) => [Number(at), Number(words)]).sort((a, b) => a[0] - b[0]);
  lengths.push([Math.max(...[...versions.values()].map(({ until }) => Number(until))), lengths.at(-1)[1]]);
  PolicyCharts.keep(document.getElementById("chart-words"), PolicyCharts.stairs("words"), (at) => at.toFixed(1)).show([lengths.map(([at]) => at), lengths.map(([, words]) => words)]);
  if (matchMedia("(min-width: 80rem)").matches) view.elements.layout.value = "split";
  const at = versions.has(inAddress()) ? address() : [];
  show(at[0] ?? ([...versions.keys()].filter(isShown).sort((a, b) => b - a)[0] ?? newest), at[1]);
  if (inAddress()) reader.scrollIntoView({ block: "start" });
})();
