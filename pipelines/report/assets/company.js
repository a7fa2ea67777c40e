// A company's page: the version in the address, its text, and what changed. Archived text only ever becomes text nodes.
"use strict";

(() => {
  const reader = document.getElementById("reader");
  if (!reader) return;
  const { load, make, number } = PolicyReport;
  const [KEPT, ADDED, REMOVED, CHANGED] = [0, 1, -1, 2];
  const CONTEXT = 1; // lines kept in sight before and after a change
  const folder = reader.dataset.folder;
  const body = document.getElementById("reader-body");
  const view = document.getElementById("view");
  const versions = new Map();
  for (const link of document.querySelectorAll(".versions a")) versions.set(Number(link.dataset.number), { link, ...link.dataset });
  const newest = versions.size;
  let current = 0;
  let turn = 0; // of rendering; an older one that ends late is dropped

  // Lines

  const SHAPES = [
    [/^#{1,6} /, (found) => `h${found[0].length - 1}`],
    [/^\s*(?:[*+-]|\d+\\?\.) /, (found) => `item depth${Math.min(3, found[0].search(/\S/) >> 1)}`],
    [/^\s*> /, () => "quote"],
    [/^\s*(?:\||-{3,}|(?:-+\|)+)/, () => "table"],
  ];
  const MARKS = /(\*\*|[[\]]|\\(?=[\W_])|(?<!\w)_|_(?!\w))/;

  function shape(line) {
    for (const [pattern, name] of SHAPES) {
      const found = pattern.exec(line);
      if (found) return name(found);
    }
    return "";
  }

  /** Text as nodes; markdown's own signs are there, but stand back (report.css). */
  function plain(text) {
    const sign = (part) => make("span", { class: part === "\\" ? "mark escape" : "mark" }, part);
    return text.split(MARKS).filter(Boolean).map((part) => (MARKS.test(part) || part === "\\" ? sign(part) : part));
  }

  function wholeLine(text) {
    const marker = /^\s*(?:#{1,6}|[*+-]|>) /.exec(text)?.[0] ?? "";
    return [...(marker ? [make("span", { class: "mark" }, marker)] : []), ...plain(text.slice(marker.length))];
  }

  /** The nodes of a changed line: `sides` chooses what is shown, old, new or both. */
  function changedLine(runs, old, fresh, sides) {
    const nodes = [];
    let from = 0;
    let to = 0;
    for (let at = 1; at < runs.length; at += 3) {
      const [kept, removed, added] = runs.slice(at, at + 3);
      nodes.push(...plain(fresh.slice(to, to + kept)));
      from += kept;
      to += kept;
      if (removed && sides !== "new") nodes.push(make("del", {}, ...plain(old.slice(from, from + removed))));
      if (added && sides !== "old") nodes.push(make("ins", {}, ...plain(fresh.slice(to, to + added))));
      from += removed;
      to += added;
    }
    return nodes;
  }

  function paragraph(kind, text, nodes) {
    return make("p", { class: `line ${kind} ${shape(text)}`.trim(), dir: "auto" }, ...nodes);
  }

  // Differences

  /** Rows as {kind, old, fresh, runs}; those kept and far from a change are gathered in `folded`. */
  function* linesOf(rows, old, fresh) {
    let from = 0;
    let to = 0;
    for (const [place, row] of rows.entries()) {
      const [kind, count] = row;
      if (kind === CHANGED) {
        yield { kind, old: old[from++], fresh: fresh[to++], runs: row };
      } else if (kind === KEPT) {
        const lines = fresh.slice(to, to + count);
        yield* fold(lines, place ? CONTEXT : 0, place < rows.length - 1 ? CONTEXT : 0);
        from += count;
        to += count;
      } else if (kind === ADDED) {
        for (const line of fresh.slice(to, (to += count))) yield { kind, fresh: line };
      } else {
        for (const line of old.slice(from, (from += count))) yield { kind, old: line };
      }
    }
  }

  function* fold(lines, before, after) {
    const kept = (line) => ({ kind: KEPT, old: line, fresh: line });
    const hidden = lines.slice(before, lines.length - after);
    if (hidden.length < 2) {
      for (const line of lines) yield kept(line);
      return;
    }
    for (const line of lines.slice(0, before)) yield kept(line);
    yield { kind: KEPT, folded: hidden.map(kept) };
    for (const line of lines.slice(lines.length - after)) yield kept(line);
  }

  const INLINE = {
    [KEPT]: (row) => paragraph("kept", row.fresh, wholeLine(row.fresh)),
    [ADDED]: (row) => paragraph("added", row.fresh, [make("ins", {}, ...wholeLine(row.fresh))]),
    [REMOVED]: (row) => paragraph("removed", row.old, [make("del", {}, ...wholeLine(row.old))]),
    [CHANGED]: (row) => paragraph("changed", row.fresh, changedLine(row.runs, row.old, row.fresh, "both")),
  };
  const SPLIT = {
    [KEPT]: (row) => [INLINE[KEPT](row), INLINE[KEPT](row)],
    [ADDED]: (row) => [row.beside && INLINE[REMOVED](row.beside), INLINE[ADDED](row)],
    [REMOVED]: (row) => [INLINE[REMOVED](row), null],
    [CHANGED]: (row) => [paragraph("changed", row.old, changedLine(row.runs, row.old, row.fresh, "old")), paragraph("changed", row.fresh, changedLine(row.runs, row.old, row.fresh, "new"))],
  };

  function tableRow(row) {
    const cells = SPLIT[row.kind](row).map((content) => make("td", {}, ...(content ? [content] : [])));
    return make("tr", row.kind === KEPT ? {} : { class: "change" }, ...cells);
  }

  /** Put lines removed beside the lines added after them. */
  function* besides(rows) {
    let removed = [];
    for (const row of rows) {
      if (row.kind === REMOVED) {
        removed.push(row);
      } else if (row.kind === ADDED && removed.length) {
        yield { ...row, beside: removed.shift() };
      } else {
        yield* removed;
        removed = [];
        yield row;
      }
    }
    yield* removed;
  }

  function foldButton(row, expand) {
    const button = make("button", { type: "button", class: "fold" }, `${number(row.folded.length)} unchanged paragraphs`);
    button.addEventListener("click", () => expand(row.folded));
    return button;
  }

  function inlineDiff(rows) {
    const place = make("div", { class: "diff inline" });
    for (const row of rows) {
      if (!row.folded) {
        place.append(INLINE[row.kind](row));
        continue;
      }
      const button = foldButton(row, (lines) => {
        const shown = lines.map(INLINE[KEPT]);
        button.replaceWith(...shown);
        focusOn(shown[0]);
      });
      place.append(button);
    }
    return place;
  }

  function splitDiff(rows, version) {
    const heads = [`v${version.before}, until ${version.after}`, `v${version.number}, from ${version.first}`];
    const content = make("tbody");
    for (const row of besides(rows)) {
      if (!row.folded) {
        content.append(tableRow(row));
        continue;
      }
      const line = make("tr");
      line.append(make("td", { colspan: "2" }, foldButton(row, (lines) => {
        const shown = lines.map(tableRow);
        line.replaceWith(...shown);
        focusOn(shown[0]);
      })));
      content.append(line);
    }
    return make("table", { class: "diff split" }, make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))), content);
  }

  // The reader

  const SAID = {
    first: () => "The first text that is known of this page: there is nothing to compare it with.",
    "same text": (version) => `The same text as version ${version.before}, seen again.`,
    "not readable": () => "A text file was not there when this report was made. Run scrapy report again.",
  };

  async function content(version, mode, layout) {
    const lines = await load(folder, version.text);
    if (mode === "text") return make("div", { class: "diff text" }, ...lines.map((line) => paragraph("", line, wholeLine(line))));
    const [old, [, , rows]] = await Promise.all([load(folder, versions.get(Number(version.before)).text), load(folder, version.diff)]);
    const found = [...linesOf(rows, old, lines)];
    return layout === "split" ? splitDiff(found, version) : inlineDiff(found);
  }

  function summary(version) {
    if (!Number(version.before)) return `First seen ${version.first}.`;
    const span = version.after === version.first ? `on ${version.first}` : `after ${version.after} and by ${version.first}`;
    const counts = { change: "", "dates only": " Only dates differ.", "punctuation only": " No word differs, only punctuation or marks." }[version.kind];
    if (counts === undefined) return `First seen ${version.first}.`;
    return `Changed ${span}, against version ${version.before}: ${number(version.added)} words added, ${number(version.removed)} removed.${counts}`;
  }

  function links(version) {
    const parts = [`${number(version.words)} words`, make("a", { href: version.file }, "text file")];
    if (version.snapshot) parts.push(make("a", { href: version.snapshot, rel: "noopener noreferrer nofollow", target: "_blank" }, "original at the Wayback Machine"));
    return parts.flatMap((part) => [" · ", part]).slice(1);
  }

  function choices() {
    const chosen = new FormData(view);
    return { mode: chosen.get("view"), layout: chosen.get("layout") };
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
    const said = version.text ? mode === "diff" && SAID[version.kind] : SAID["not readable"];
    if (said && !(mode === "diff" && version.kind === "first" && version.text)) return make("p", { class: "quiet" }, said(version));
    try {
      const shown = await content(version, version.kind === "first" ? "text" : mode, layout);
      return said ? make("div", {}, make("p", { class: "quiet" }, said(version)), shown) : shown;
    } catch (error) {
      return make("p", { class: "quiet" }, error.message);
    }
  }

  function show(wanted) {
    const version = versions.get(wanted);
    if (!version) return;
    versions.get(current)?.link.removeAttribute("aria-current");
    current = wanted;
    version.link.setAttribute("aria-current", "true");
    const list = version.link.closest("ol");
    list.scrollTop = version.link.offsetTop - list.offsetTop - list.clientHeight / 3;
    for (const mark of document.querySelectorAll(".lane a")) mark.classList.toggle("current", mark.getAttribute("href") === `#v${wanted}`);
    document.getElementById("reader-title").textContent = `Version ${wanted} of ${newest}`;
    document.getElementById("reader-when").textContent = summary(version);
    document.getElementById("reader-links").replaceChildren(...links(version));
    document.getElementById("reader-said").textContent = `Version ${wanted}. ${summary(version)}`;
    reader.querySelector("[data-go=older]").disabled = wanted <= 1;
    reader.querySelector("[data-go=newer]").disabled = wanted >= newest;
    render();
  }

  // Going about

  const findChanges = () => [...body.querySelectorAll(".diff.inline .added, .diff.inline .removed, .diff.inline .changed, tr.change")];

  function focusOn(element) {
    element.setAttribute("tabindex", "-1");
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "center" });
  }

  function goToChange(step) {
    const changes = findChanges();
    // Neighbouring changed lines are one stop.
    const stops = changes.filter((change) => !changes.includes(change.previousElementSibling));
    const at = stops.findLastIndex((stop) => stop === document.activeElement || stop.classList.contains("here"));
    const next = stops[Math.min(stops.length - 1, Math.max(0, at + step))];
    if (!next) return;
    for (const stop of stops) stop.classList.toggle("here", stop === next);
    focusOn(next);
  }

  const GO = {
    older: () => go(current - 1),
    newer: () => go(current + 1),
    "change-on": () => goToChange(1),
    "change-back": () => goToChange(-1),
  };
  const KEYS = { j: "newer", k: "older", n: "change-on", p: "change-back" };

  function go(wanted) {
    if (versions.has(wanted)) location.hash = `v${wanted}`;
  }

  const inAddress = () => Number(/^#v(\d+)$/.exec(location.hash)?.[1] ?? 0);

  view.addEventListener("change", render);
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
    show(inAddress());
    if (inAddress()) {
      document.getElementById("reader-title").focus({ preventScroll: true });
      reader.scrollIntoView({ block: "start" });
    }
  });

  const lengths = [...versions.values()].map(({ at, words }) => [Number(at), Number(words)]).sort((a, b) => a[0] - b[0]);
  lengths.push([Math.max(...[...versions.values()].map(({ until }) => Number(until))), lengths.at(-1)[1]]);
  PolicyCharts.keep(document.getElementById("chart-words"), PolicyCharts.stairs("words"), (at) => at.toFixed(1)).show([lengths.map(([at]) => at), lengths.map(([, words]) => words)]);
  if (matchMedia("(min-width: 80rem)").matches) view.elements.layout.value = "split";
  show(versions.has(inAddress()) ? inAddress() : newest);
  if (inAddress()) reader.scrollIntoView({ block: "start" });
})();
