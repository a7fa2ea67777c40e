// The overview: filters, sorting, and the two charts of what the filters leave.
"use strict";

(() => {
  const [first, end, STRIP, companies, topics] = PolicyReport.arrived.get("overview");
  const body = document.querySelector("#table tbody");
  const form = document.getElementById("filters");
  const SVG = "http://www.w3.org/2000/svg";

  /** Draw a company's time: a line from first to last capture, a mark for each version. Lengths follow one another. */
  function drawStrip(cell, [from, length, ...marks]) {
    cell.className = "strip";
    if (from === undefined) return;
    const svg = document.createElementNS(SVG, "svg");
    for (const [name, value] of [["viewBox", `0 0 ${STRIP} 12`], ["preserveAspectRatio", "none"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
    let at = 0;
    const path = marks.map((step) => `M${(at += step)} 1v10`).join("");
    for (const [name, d] of [["s", `M${from} 6h${Math.max(length, 1)}`], ["m", path]]) {
      const line = document.createElementNS(SVG, "path");
      line.setAttribute("class", name);
      line.setAttribute("d", d);
      svg.append(line);
    }
    cell.append(svg);
  }

  // The rows of further companies come as data: element names, attributes and texts, as the page's own rows have them.
  const TAGS = new Set(["a", "small", "span", "td", "th", "time", "tr"]);
  const NAMES = new Set(["class", "data-langs", "href", "scope"]);
  function grown(part) {
    if (typeof part === "string") return part;
    const [tag, attributes, ...children] = part;
    if (!TAGS.has(tag) || !Object.keys(attributes).every((name) => NAMES.has(name))) throw new TypeError(`not of a row: ${tag}`);
    return PolicyReport.make(tag, attributes, ...children.map(grown));
  }
  for (let part = 2; PolicyReport.arrived.has(`overview ${part}`); part++) {
    const [numbers, elements] = PolicyReport.arrived.get(`overview ${part}`);
    companies.push(...numbers);
    body.append(...elements.map(grown));
  }

  const rows = [...body.rows].map((element, place) => {
    const [versions, captures, changed, words, open, refused, fresh, year, births, lengths, spoken, strip] = companies[place];
    drawStrip(element.cells[1], strip);
    const name = element.cells[0].textContent.toLowerCase();
    return { element, place, name, langs: element.dataset.langs.split(" "), versions, captures, changed, words, open, refused, fresh, year, births, lengths, spoken };
  });
  const years = Array.from({ length: first ? end - first : 0 }, (_, step) => first + step);
  const birthsChart = PolicyCharts.keep(document.getElementById("chart-births"), PolicyCharts.bars("new versions"));
  const lengthsChart = PolicyCharts.keep(document.getElementById("chart-lengths"), PolicyCharts.quartiles);

  const SHOW = { "": () => true, text: (row) => row.versions, fresh: (row) => row.fresh, none: (row) => !row.versions, open: (row) => row.open, refused: (row) => row.refused };

  /** Whether a number of bits has the one at `place`; JavaScript's own signs count to 32 only. */
  const has = (bits, place) => Math.floor(bits / 2 ** place) % 2 === 1;
  const speaksOf = (row, topic) => !topic || row.spoken.some((bits) => has(bits, topics.indexOf(topic)));

  function matches(row, { q, year, lang, show }) {
    const words = q.toLowerCase().split(/\s+/).filter(Boolean);
    return words.every((word) => row.name.includes(word)) && (!year || row.births[year - row.year] > 0) && (!lang || row.langs.includes(lang)) && (SHOW[show] ?? SHOW[""])(row);
  }

  /** The value below which `share` of sorted values lie, between neighbours in proportion. */
  function quantile(values, share) {
    if (!values.length) return null;
    const at = (values.length - 1) * share;
    const low = values[Math.floor(at)];
    return low + (values[Math.ceil(at)] - low) * (at % 1);
  }

  /** The years and companies of the length chart: a text is known of each company in each year, and the area is largest. */
  function constantSet(shown) {
    const spans = shown.filter((row) => row.lengths.length).map((row) => ({ row, from: row.year - first, to: row.year - first + row.lengths.length - 1 }));
    let best = { from: 0, to: -1, rows: [] };
    for (let from = 0; from < years.length; from++) {
      for (let to = years.length - 1; to >= from; to--) {
        const rows = spans.filter((span) => span.from <= from && span.to >= to);
        if (rows.length * (to - from + 1) > best.rows.length * (best.to - best.from + 1)) best = { from, to, rows };
      }
    }
    return { years: years.slice(best.from, best.to + 1), rows: best.rows.map(({ row }) => row) };
  }

  function drawCharts(shown) {
    const births = years.map((year) => shown.reduce((sum, row) => sum + (row.births[year - row.year] ?? 0), 0));
    const constant = constantSet(shown);
    const lengths = constant.years.map((year) => constant.rows.map((row) => row.lengths[year - row.year]).sort((a, b) => a - b));
    const [high, middle, low] = [0.75, 0.5, 0.25].map((share) => lengths.map((values) => quantile(values, share)));
    birthsChart.show([years, births]);
    lengthsChart.show([constant.years, high, middle, low]);
    const same = `${PolicyReport.number(constant.rows.length)} ${constant.rows.length === 1 ? "company" : "companies"}`;
    document.getElementById("constant").textContent = constant.years.length ? `the same ${same} in all years, ${constant.years[0]} to ${constant.years.at(-1)}` : "companies";
    const place = (id) => document.querySelector(`#${id} details .scroll`);
    PolicyCharts.table(place("chart-births"), "New versions each year", ["Year", "New versions"], years.map((year, step) => [year, births[step]]));
    PolicyCharts.table(place("chart-lengths"), "Words at each year’s end", ["Year", "Companies", "Lower quarter", "Median", "Upper quarter"],
      constant.years.map((year, step) => [year, lengths[step].length, low[step], middle[step], high[step]]));
  }

  /** The share of companies with each topic in each year, as a table whose cells are darker for more. */
  function drawTopics(shown, chosen) {
    const { make, number } = PolicyReport;
    const counts = years.map((year) => shown.map((row) => row.spoken[year - row.year]).filter((bits) => bits !== undefined));
    const share = (step, place) => (counts[step].length ? counts[step].filter((bits) => has(bits, place)).length / counts[step].length : null);
    const found = topics.map((name, place) => ({ name, shares: years.map((_, step) => share(step, place)) })).filter(({ shares }) => shares.some(Boolean));
    found.sort((a, b) => b.shares.at(-1) - a.shares.at(-1) || a.name.localeCompare(b.name));
    const cell = (value, step, name) => {
      const percent = value === null ? "" : number(100 * value);
      const element = make("td", { class: "num", title: `${name}, ${years[step]}: ${percent} % of ${counts[step].length}` }, value ? percent : "");
      element.style.setProperty("--share", `${Math.round(100 * (value ?? 0))}%`);
      return element;
    };
    const line = ({ name, shares }) => {
      const button = make("button", { type: "button", "data-topic": name, "aria-pressed": String(name === chosen) }, name);
      return make("tr", {}, make("th", { scope: "row" }, button), ...shares.map((value, step) => cell(value, step, name)));
    };
    const heads = [make("th", { scope: "col" }, "Topic"), ...years.map((year) => make("th", { scope: "col", class: "num" }, String(year)))];
    const caption = make("caption", { class: "hidden" }, "Share of companies in percent, by topic and year");
    const table = make("table", {}, caption, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...found.map(line)));
    document.querySelector("#chart-topics .scroll").replaceChildren(table);
    document.getElementById("chart-topics").hidden = !found.length;
  }

  function apply() {
    const wanted = Object.fromEntries(new FormData(form));
    const others = rows.filter((row) => matches(row, wanted));
    const shown = others.filter((row) => speaksOf(row, wanted.topic));
    const set = new Set(shown);
    for (const row of rows) row.element.hidden = !set.has(row);
    document.getElementById("shown").textContent = shown.length === rows.length ? `${PolicyReport.number(rows.length)} companies` : `${PolicyReport.number(shown.length)} of ${PolicyReport.number(rows.length)} companies`;
    document.getElementById("nothing").hidden = shown.length > 0;
    drawCharts(shown);
    drawTopics(others, wanted.topic);
    remember(wanted);
  }

  // Filters stand in the address, so that going back to this page finds them.
  function remember(wanted) {
    const kept = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value));
    history.replaceState(null, "", kept.size ? `#${kept}` : "#");
  }

  function recall() {
    for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
      const field = form.elements.namedItem(name);
      if (field) field.value = value;
    }
  }

  /** Sort by a column: names rise, numbers fall first; the same head again turns it round. */
  function sort(button) {
    const head = button.closest("th");
    const key = button.dataset.sort;
    const natural = key === "name" ? "ascending" : "descending";
    const other = natural === "ascending" ? "descending" : "ascending";
    const order = head.getAttribute("aria-sort") === natural ? other : natural;
    for (const cell of head.parentElement.cells) cell.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const value = key === "name" ? (row) => row.place : (row) => row[key];
    body.append(...[...rows].sort((a, b) => sign * (value(a) - value(b)) || a.place - b.place).map((row) => row.element));
  }

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  document.querySelector("#nothing button").addEventListener("click", () => {
    form.reset();
    form.elements.q.focus();
  });
  document.getElementById("chart-topics").addEventListener("click", (event) => {
    const topic = event.target.closest("button[data-topic]")?.dataset.topic;
    if (!topic) return;
    form.elements.topic.value = form.elements.topic.value === topic ? "" : topic;
    apply();
    document.querySelector(`button[data-topic="${topic}"]`)?.focus();
  });
  document.querySelector("#table thead").addEventListener("click", (event) => {
    const button = event.target.closest("button[data-sort]");
    if (button) sort(button);
  });
  recall();
  apply();
})();
