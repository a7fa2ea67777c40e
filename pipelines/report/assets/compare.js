// The comparison of two texts that no file of the report has: any two versions. Rows as pipelines/report/worddiff.py makes them.
"use strict";

const PolicyCompare = (() => {
  const [KEPT, ADDED, REMOVED, CHANGED, HERE, AWAY] = [0, 1, -1, 2, 3, -3];
  const MOVED_WORDS = 4; // these three as worddiff.py has them
  const LIKE = 0.4;
  const TOKEN = /[\u3040-\u30ff\u3400-\u9fff]|(?:(?![\u3040-\u30ff\u3400-\u9fff])[\p{L}\p{N}\p{M}_])+|\s+|[^\p{L}\p{N}\p{M}_\s]/gu;
  const WORD = /[\u3040-\u30ff\u3400-\u9fff]|(?:(?![\u3040-\u30ff\u3400-\u9fff])[\p{L}\p{N}\p{M}_])+/gu;
  const MAX_CELLS = 1 << 24; // of an alignment, two bytes each; above it everything counts as replaced
  const MAX_WORK = 1 << 28; // cells of all alignments of a comparison, about a second; what comes after is not aligned
  const MAX_PAIRS = 10_000; // lines of one replaced block, old times new

  let work = 0;

  const words = (line) => line.match(WORD) ?? [];
  const visible = (line) => words(line.replace(/(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu, ""));

  /** Blocks {old, fresh, same, from, to} that are equal, or replaced by one another, by a longest common subsequence. */
  function aligned(old, fresh) {
    let start = 0;
    while (start < old.length && start < fresh.length && old[start] === fresh[start]) start++;
    let [left, right] = [old.length, fresh.length];
    while (left > start && right > start && old[left - 1] === fresh[right - 1]) [left, right] = [left - 1, right - 1];
    const pairs = common(old.slice(start, left), fresh.slice(start, right)).map(([i, j]) => [i + start, j + start]);
    const blocks = [];
    let [i, j] = [0, 0];
    const put = (same, toOld, toFresh) => {
      if (toOld > i || toFresh > j) blocks.push({ same, from: i, to: j, old: old.slice(i, toOld), fresh: fresh.slice(j, toFresh) });
      [i, j] = [toOld, toFresh];
    };
    const kept = [...Array.from({ length: start }, (_, at) => [at, at]), ...pairs, ...Array.from({ length: old.length - left }, (_, at) => [left + at, right + at])];
    for (let at = 0; at < kept.length; ) {
      put(false, ...kept[at]);
      let end = at;
      while (end < kept.length && kept[end][0] === i + end - at && kept[end][1] === j + end - at) end++;
      put(true, i + end - at, j + end - at);
      at = end;
    }
    put(false, old.length, fresh.length);
    return blocks;
  }

  /** The places [i, j] of a longest common subsequence. */
  function common(old, fresh) {
    const width = fresh.length + 1;
    const cells = (old.length + 1) * width;
    if (cells > MAX_CELLS || Math.min(old.length, fresh.length) > 65_000 || (work += cells) > MAX_WORK) return [];
    const best = new Uint16Array(cells); // best[i][j]: of old[i:] and fresh[j:]
    for (let i = old.length - 1; i >= 0; i--) {
      for (let j = fresh.length - 1; j >= 0; j--) {
        best[i * width + j] = old[i] === fresh[j] ? best[(i + 1) * width + j + 1] + 1 : Math.max(best[(i + 1) * width + j], best[i * width + j + 1]);
      }
    }
    const found = [];
    for (let i = 0, j = 0; i < old.length && j < fresh.length; ) {
      if (old[i] === fresh[j]) found.push([i++, j++]);
      else if (best[(i + 1) * width + j] >= best[i * width + j + 1]) i++;
      else j++;
    }
    return found;
  }

  /** Lines of replaced blocks whose words stand in another place: new places by old ones, and old ones by new ones. */
  function movesOf(blocks) {
    const waiting = new Map();
    const [away, here] = [new Map(), new Map()];
    const key = (line) => visible(line).join(" ");
    for (const { old, from } of blocks) for (const [at, line] of old.entries()) waiting.set(key(line), [...(waiting.get(key(line)) ?? []), from + at]);
    for (const { fresh, to } of blocks) {
      for (const [at, line] of fresh.entries()) {
        const before = visible(line).length >= MOVED_WORDS ? waiting.get(key(line))?.shift() : undefined;
        if (before === undefined) continue;
        here.set(to + at, before);
        away.set(before, to + at);
      }
    }
    return { away, here };
  }

  /** Whether each line of a replaced block is old, new or a pair of both: [isOld, isNew]; null is never paired. */
  function paired(old, fresh) {
    if (old.length * fresh.length > MAX_PAIRS) return [...old.map(() => [true, false]), ...fresh.map(() => [false, true])];
    const [left, right] = [old, fresh].map((side) => side.map((line) => words(line ?? "")));
    const shared = left.map((one) => right.map((other) => {
      const both = one.length && other.length ? 2 * common(one, other).length : 0;
      return both >= LIKE * (one.length + other.length) ? both : 0;
    }));
    const best = Array.from({ length: old.length + 1 }, () => new Array(fresh.length + 1).fill(0));
    for (let i = old.length - 1; i >= 0; i--) {
      for (let j = fresh.length - 1; j >= 0; j--) best[i][j] = Math.max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + shared[i][j]);
    }
    const sides = [];
    for (let i = 0, j = 0; i < old.length || j < fresh.length; ) {
      const isPair = i < old.length && j < fresh.length && shared[i][j] > 0 && best[i][j] === best[i + 1][j + 1] + shared[i][j];
      const isOld = isPair || (i < old.length && (j === fresh.length || best[i][j] === best[i + 1][j]));
      sides.push([isOld, isPair || !isOld]);
      i += Number(isOld);
      j += Number(isPair || !isOld);
    }
    return sides;
  }

  /** The lengths [kept, removed, added, …] of a pair of lines. A few words kept between larger changes count as changed. */
  function runs(old, fresh) {
    const count = (tokens) => tokens.filter((token) => /[\p{L}\p{N}_]/u.test(token)).length;
    const size = ({ removed, added }) => Math.max(count(removed), count(added));
    const found = [];
    let kept = [];
    for (const block of aligned(old.match(TOKEN) ?? [], fresh.match(TOKEN) ?? [])) {
      if (block.same) {
        kept = block.old;
        continue;
      }
      const run = { kept, removed: block.old, added: block.fresh };
      const last = found.at(-1);
      if (last && count(kept) <= Math.min(size(last), size(run))) {
        last.removed = [...last.removed, ...kept, ...run.removed];
        last.added = [...last.added, ...kept, ...run.added];
      } else {
        found.push(run);
      }
      kept = [];
    }
    if (kept.length) found.push({ kept, removed: [], added: [] });
    return found.flatMap((run) => [run.kept, run.removed, run.added].map((tokens) => tokens.join("").length));
  }

  /** The rows that turn the lines of one text into those of another. */
  function compare(old, fresh) {
    work = 0;
    const blocks = aligned(old, fresh);
    const { away, here } = movesOf(blocks.filter((block) => !block.same));
    const rows = [];
    for (const block of blocks) {
      if (block.same) {
        rows.push([KEPT, block.old.length]);
        continue;
      }
      let [i, j] = [block.from, block.to];
      const left = block.old.map((line, at) => (away.has(block.from + at) ? null : line));
      const right = block.fresh.map((line, at) => (here.has(block.to + at) ? null : line));
      for (const [isOld, isNew] of paired(left, right)) {
        if (isOld && isNew) rows.push([CHANGED, ...runs(old[i], fresh[j])]);
        else if (isOld) rows.push(away.has(i) ? [AWAY, 1, away.get(i)] : [REMOVED, 1]);
        else rows.push(here.has(j) ? [HERE, 1, here.get(j)] : [ADDED, 1]);
        i += Number(isOld);
        j += Number(isNew);
      }
    }
    return rows;
  }

  return { compare };
})();
