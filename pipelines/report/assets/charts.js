// Charts by uPlot, in the page's colours, drawn again when the width or the colour scheme changes.
"use strict";

const PolicyCharts = (() => {
  const HEIGHT = 200;
  const year = (value) => String(Math.floor(value));

  function colours() {
    const style = getComputedStyle(document.documentElement);
    return Object.fromEntries(["ink", "quiet", "rule", "accent", "accent-soft"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  }

  function axes(colour) {
    const common = { stroke: colour.quiet, font: "12px system-ui, sans-serif", ticks: { show: false } };
    const whole = Array.from({ length: 7 }, (_, zeros) => [1, 2, 5].map((digit) => digit * 10 ** zeros)).flat();
    return [
      { ...common, grid: { show: false }, size: 28, incrs: [1, 2, 5, 10], values: (_, at) => at.map(year) },
      { ...common, grid: { stroke: colour.rule, width: 1 }, size: 52, incrs: whole, values: (_, at) => at.map(PolicyReport.number) },
    ];
  }

  /** Keep a chart in `figure`. `describe(colours)` gives uPlot's series and bands; `data` uPlot's columns. */
  function keep(figure, describe, format = year) {
    const place = figure.querySelector(".plot");
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", figure.dataset.label);
    let chart = null;
    let data = [[]];

    function draw() {
      chart?.destroy();
      chart = null;
      if (!data[0].length || !place.clientWidth) return;
      const colour = colours();
      const { series, bands = [], range } = describe(colour);
      const options = {
        width: place.clientWidth, height: HEIGHT, bands, axes: axes(colour),
        series: [{ label: "", value: (_, at) => (at === null ? "" : format(at)) }, ...series],
        scales: { x: { time: false, range }, y: { range: (_, low, high) => [0, Math.max(1, high * 1.08)] } },
        cursor: { y: false, drag: { setScale: false }, points: { size: 7 } },
        legend: { live: true },
      };
      chart = new uPlot(options, data, place);
    }

    let width = 0;
    new ResizeObserver(() => {
      if (place.clientWidth === width) return;
      width = place.clientWidth;
      draw();
    }).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    return {
      show(columns) {
        data = columns;
        draw();
      },
    };
  }

  const value = (_, at) => (at === null || at === undefined ? "–" : PolicyReport.number(at));

  /** Bars for counts by year. */
  const bars = (label) => (colour) => ({
    range: (_, low, high) => [low - 0.6, high + 0.6],
    series: [{ label, value, stroke: colour.accent, fill: colour.accent, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.7, 40], radius: 0.12 }) }],
  });

  /** A median between quartiles. */
  const quartiles = (colour) => {
    const edge = { value, stroke: colour["accent-soft"], width: 1, points: { show: false } };
    return {
      range: (_, low, high) => [low - 0.6, high + 0.6],
      series: [{ ...edge, label: "upper quarter" }, { label: "median", value, stroke: colour.accent, width: 2.5, points: { show: true, size: 5 } }, { ...edge, label: "lower quarter" }],
      bands: [{ series: [1, 3], fill: colour["accent-soft"] }],
    };
  };

  /** A value that holds until the next one. */
  const stairs = (label) => (colour) => ({
    range: (_, low, high) => [Math.floor(low), Math.max(Math.ceil(high), Math.floor(low) + 1)],
    series: [{ label, value, stroke: colour.accent, fill: colour["accent-soft"], width: 2, points: { show: true, size: 5 }, paths: uPlot.paths.stepped({ align: 1 }) }],
  });

  /** Fill `place` with the same numbers as a table. */
  function table(place, caption, heads, rows) {
    const { make, number } = PolicyReport;
    const cells = (row) => row.map((cell, column) => (column ? make("td", { class: "num" }, cell === null ? "–" : number(cell)) : make("th", { scope: "row" }, String(cell))));
    place.replaceChildren(
      make("table", {}, make("caption", { class: "hidden" }, caption),
        make("thead", {}, make("tr", {}, ...heads.map((head, column) => make("th", { scope: "col", class: column ? "num" : "" }, head)))),
        make("tbody", {}, ...rows.map((row) => make("tr", {}, ...cells(row))))),
    );
  }

  return { bars, keep, quartiles, stairs, table };
})();
