// A text, or what leads from one text to another, as elements. Archived text only ever becomes text nodes.
"use strict";

const PolicyDiff = (() => {
  const { make, number } = PolicyReport;
  const [KEPT, ADDED, REMOVED, CHANGED] = [0, 1, -1, 2]; // a row's first number (pipelines/report/worddiff.py)
  const CONTEXT = 1; // lines kept in sight before and after a change

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

  function focusOn(element) {
    element.setAttribute("tabindex", "-1");
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "center" });
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

  function splitDiff(rows, heads) {
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

  /** A text's lines. */
  function text(lines) {
    return make("div", { class: "diff text" }, ...lines.map((line) => paragraph("", line, wholeLine(line))));
  }

  /** The rows that lead from `old` lines to `fresh` ones; `heads` name the two sides where they stand side by side. */
  function difference(rows, old, fresh, layout, heads) {
    const found = [...linesOf(rows, old, fresh)];
    return layout === "split" ? splitDiff(found, heads) : inlineDiff(found);
  }

  return { difference, focusOn, text };
})();
