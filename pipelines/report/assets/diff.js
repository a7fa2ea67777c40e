// A text, or what leads from one text to another, as elements. Archived text only ever becomes text nodes.
"use strict";

const PolicyDiff = (() => {
  const { make, number } = PolicyReport;
  const [KEPT, ADDED, REMOVED, CHANGED, HERE, AWAY] = [0, 1, -1, 2, 3, -3]; // a row's first number (pipelines/report/worddiff.py)
  const CONTEXT = 1; // lines kept in sight before and after a change

  // Lines: {text, links}; links lead from the place of an opening bracket, counted from 0, to an address.

  const SHAPES = [
    [/^\s*(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,}|(?:[-:]+\s*\|\s*)+[-:]*)$/, () => "rule"],
    [/^#{1,6} /, (found) => `h${found[0].length - 1}`],
    [/^\s*(?:[*+-]|\d+\\?\.) /, (found) => `item depth${Math.min(3, found[0].search(/\S/) >> 1)}`],
    [/^\s*> /, () => "quote"],
    [/^\s*\|/, () => "table"],
  ];
  const BULLET = /^\s*[*+-] $/;
  const HEAD = /^\s*(?:#{1,6}|[*+-]|>) /;
  const MARKS = /(\\[^\w\s]|\\$|\*\*|`+|[[\]]|(?<!\w)_|_(?!\w))/;

  function shape(line) {
    for (const [pattern, name] of SHAPES) {
      const found = pattern.exec(line);
      if (found) return name(found);
    }
    return "";
  }

  /** The lines of a data file. */
  function read([texts, links]) {
    const lines = texts.map((text) => ({ text, links: new Map() }));
    for (const [line, bracket, address] of links) lines[line]?.links.set(bracket, address);
    return lines;
  }

  /** Turns markdown into elements, part by part. What was opened in one part of a line stays open in the next. */
  class Writer {
    constructor(line) {
      this.line = line;
      this.brackets = 0;
      this.open = []; // for each open bracket the address, or null for a bracket that is text
      this.strong = this.emphasis = this.code = this.escaped = false;
    }

    /** The nodes of the next part of the line. Of a part that is nothing but marks, the marks are `shown`. */
    write(part, shown = false) {
      const nodes = [];
      for (const [place, piece] of part.split(MARKS).entries()) {
        const literal = this.escaped ? piece : place % 2 ? this.turn(piece) : piece;
        if (piece) this.escaped = place % 2 === 1 && piece === "\\";
        if (literal) nodes.push(this.dressed(literal));
      }
      const isBare = shown && part.trim() && !nodes.some((node) => (node.textContent ?? node).trim());
      return isBare ? [make("span", { class: "mark" }, part)] : nodes;
    }

    /** Follow a mark; return the text that it stands for. */
    turn(mark) {
      if (mark === "**") this.strong = !this.strong;
      else if (mark === "_") this.emphasis = !this.emphasis;
      else if (mark.startsWith("`")) this.code = !this.code;
      else if (mark === "[") {
        const address = this.line.links.get(this.brackets++) ?? null;
        this.open.push(address);
        return address === null ? mark : "";
      } else if (mark === "]") {
        return (this.open.pop() ?? null) === null ? mark : "";
      }
      return mark.length > 1 && mark[0] === "\\" ? mark.slice(1) : "";
    }

    dressed(text) {
      let node = document.createTextNode(text);
      if (this.code) node = make("code", {}, node);
      if (this.emphasis) node = make("em", {}, node);
      if (this.strong) node = make("strong", {}, node);
      const address = this.open.findLast((each) => each !== null);
      return address && SAFE.test(address) ? make("a", { href: address, rel: "noopener noreferrer nofollow", target: "_blank" }, node) : node;
    }
  }

  const SAFE = /^(?:https?:\/\/|mailto:)/i; // as pipelines/report/line_links.py has it

  /** The mark at a line's beginning as readers know it: a bullet, or nothing. */
  const bullet = (mark) => (BULLET.test(mark) ? [make("span", { class: "bullet" }, "• ")] : []);

  function wholeLine(line) {
    const head = HEAD.exec(line.text)?.[0] ?? "";
    const rest = line.text.slice(head.length);
    return [...bullet(head), ...new Writer(line).write(rest)];
  }

  /** The nodes of a changed line: `sides` chooses what is shown, old, new or both. */
  function changedLine(runs, old, fresh, sides) {
    const nodes = [];
    const writers = [new Writer(old), new Writer(fresh)];
    let from = 0;
    let to = 0;
    for (let at = 1; at < runs.length; at += 3) {
      const [kept, removed, added] = runs.slice(at, at + 3);
      let same = fresh.text.slice(to, to + kept);
      const head = from || to ? "" : HEAD.exec(same)?.[0] ?? "";
      same = same.slice(head.length);
      writers[0].write(same);
      nodes.push(...bullet(head), ...writers[1].write(same));
      from += kept;
      to += kept;
      const gone = writers[0].write(old.text.slice(from, from + removed), true);
      const come = writers[1].write(fresh.text.slice(to, to + added), true);
      if (gone.length && sides !== "new") nodes.push(make("del", {}, ...gone));
      if (come.length && sides !== "old") nodes.push(make("ins", {}, ...come));
      from += removed;
      to += added;
    }
    return nodes;
  }

  function paragraph(kind, line, nodes) {
    return make("p", { class: `line ${kind} ${shape(line.text)}`.trim(), dir: "auto" }, ...nodes);
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
      } else if (kind === HERE) {
        yield { kind, fresh: fresh[to++], label: `moved here from ${row[2] < from ? "above" : "below"}` };
      } else if (kind === AWAY) {
        yield { kind, old: old[from++], label: `moved from here, now ${row[2] < to ? "above" : "below"}` };
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
    [HERE]: (row) => moved("here", row.fresh, row.label),
    [AWAY]: (row) => moved("away", row.old, row.label),
  };
  function moved(kind, line, label) {
    return paragraph(`moved ${kind}`, line, [make("small", { class: "label" }, label), ...wholeLine(line)]);
  }

  const SPLIT = {
    [KEPT]: (row) => [INLINE[KEPT](row), INLINE[KEPT](row)],
    [ADDED]: (row) => [row.beside && INLINE[REMOVED](row.beside), INLINE[ADDED](row)],
    [REMOVED]: (row) => [INLINE[REMOVED](row), null],
    [HERE]: (row) => [null, INLINE[HERE](row)],
    [AWAY]: (row) => [INLINE[AWAY](row), null],
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

  return { difference, focusOn, read, text };
})();
