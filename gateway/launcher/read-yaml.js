/**
 * The YAML that pnpm writes: maps by indentation of two, lists of words, `{a: b}` and `[a, b]` on one line, keys and words plain or
 * in single quotes. The launcher runs before anything is installed, so it cannot use a package for this.
 *
 * @typedef {string | YamlMap | YamlValue[]} YamlValue
 * @typedef {{ [key: string]: YamlValue }} YamlMap
 */

/**
 * @param {string} text
 * @returns {YamlMap}
 */
export function readYaml(text) {
  /** @type {YamlMap} */
  const top = {};
  /** The maps that are open, outermost first, each with the indentation of its keys. @type {{ indent: number, map: YamlMap, key: string }[]} */
  const open = [{ indent: 0, map: top, key: '' }];
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const indent = line.length - line.trimStart().length;
    let at = open[open.length - 1] ?? { indent: 0, map: top, key: '' };
    if (trimmed.startsWith('- ')) {
      const list = at.map[at.key];
      if (Array.isArray(list)) list.push(wordOf(trimmed.slice(2)));
      else at.map[at.key] = [wordOf(trimmed.slice(2))];
      continue;
    }
    if (indent > at.indent) {
      /** @type {YamlMap} */
      const map = {};
      at.map[at.key] = map;
      at = { indent, map, key: '' };
      open.push(at);
    }
    while (indent < at.indent && open.length > 1) {
      open.pop();
      at = open[open.length - 1] ?? at;
    }
    const { key, rest } = keyOf(trimmed);
    at.key = key;
    at.map[key] = rest === '' ? {} : readValue(rest);
  }
  return top;
}

/** @param {string} line */
function keyOf(line) {
  const quoted = /^'((?:[^']|'')*)':(?:\s+(.*))?$/.exec(line) ?? /^"([^"]*)":(?:\s+(.*))?$/.exec(line);
  if (quoted !== null) return { key: unquote(quoted[1] ?? ''), rest: quoted[2] ?? '' };
  const end = line.endsWith(':') ? line.length - 1 : line.indexOf(': ');
  return { key: line.slice(0, end), rest: line.slice(end + 1).trim() };
}

/**
 * @param {string} text
 * @returns {YamlValue}
 */
function readValue(text) {
  if (text.startsWith('{') && text.endsWith('}')) {
    const inner = text.slice(1, -1).trim();
    return Object.fromEntries(
      inner === ''
        ? []
        : inner.split(', ').map((pair) => {
            const { key, rest } = keyOf(pair);
            return [key, wordOf(rest)];
          }),
    );
  }
  if (text.startsWith('[') && text.endsWith(']')) return text.slice(1, -1).split(', ').map(wordOf);
  return wordOf(text);
}

/** @param {string} text */
function wordOf(text) {
  const trimmed = text.trim();
  if (trimmed.startsWith("'") && trimmed.endsWith("'")) return unquote(trimmed.slice(1, -1));
  if (trimmed.startsWith('"') && trimmed.endsWith('"')) return trimmed.slice(1, -1);
  return trimmed;
}

/** @param {string} text */
function unquote(text) {
  return text.replaceAll("''", "'");
}
