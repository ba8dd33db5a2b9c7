/** IML's expressions, as app code writes them: commas between arguments, lists counted from 1, no literals of lists or objects. */
export type Expression =
  | { kind: 'literal'; value: string | number }
  | { kind: 'variable'; name: string }
  | { kind: 'member'; of: Expression; key: string }
  | { kind: 'item'; of: Expression; at: Expression | undefined }
  | { kind: 'call'; name: string; args: Expression[] }
  | { kind: 'unary'; operator: string; operand: Expression }
  | { kind: 'binary'; operator: string; left: Expression; right: Expression };

export class ImlError extends Error {
  override readonly name = 'ImlError';
}

/** Text with expressions in it, cut into its pieces. */
export function parseTemplate(text: string): (string | Expression)[] {
  const known = templates.get(text);
  if (known !== undefined) return known;
  const pieces: (string | Expression)[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('{{', at);
    if (open < 0) {
      pieces.push(text.slice(at));
      break;
    }
    if (open > at) pieces.push(text.slice(at, open));
    const { tokens, end } = tokenize(text, open + 2);
    pieces.push(parse(tokens, text));
    at = end;
  }
  templates.set(text, pieces);
  return pieces;
}

const templates = new Map<string, (string | Expression)[]>();

interface Token {
  kind: 'number' | 'string' | 'name' | 'sign';
  text: string;
}

const lexemes =
  /\s+|(\d+(?:\.\d+)?)|'([^']*)'|"([^"]*)"|`([^`]*)`|([A-Za-z_$][\w$]*)|(===|!==|==|!=|<=|>=|&&|\|\||[-+*/%<>!().,[\]])/y;

/** The tokens from `start` to the `}}` that ends them; one inside a string ends nothing. */
function tokenize(text: string, start: number): { tokens: Token[]; end: number } {
  const tokens: Token[] = [];
  let at = start;
  while (at < text.length) {
    if (text.startsWith('}}', at)) return { tokens, end: at + 2 };
    lexemes.lastIndex = at;
    const found = lexemes.exec(text);
    if (found === null) throw new ImlError(`Unexpected "${text[at]}" in ${text}`);
    const [whole, number, single, double, quotedName, name, sign] = found;
    const string = single ?? double;
    if (string?.includes('\\'))
      throw new ImlError(`What a backslash means in a string of IML is not established: ${text}`);
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (string !== undefined) tokens.push({ kind: 'string', text: string });
    else if (name !== undefined || quotedName !== undefined)
      tokens.push({ kind: 'name', text: name ?? quotedName ?? '' });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    at += whole.length;
  }
  throw new ImlError(`"{{" without "}}" in ${text}`);
}

const strengths: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '===': 3,
  '!=': 3,
  '!==': 3,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
};

/** Precedence climbing. */
function parse(tokens: readonly Token[], source: string): Expression {
  let at = 0;
  const peek = (): string | undefined => (tokens[at]?.kind === 'sign' ? tokens[at]?.text : undefined);
  const fail = (): never => {
    throw new ImlError(`Unexpected ${tokens[at] === undefined ? 'end' : `"${tokens[at]?.text}"`} in ${source}`);
  };
  const expect = (sign: string): void => {
    if (peek() !== sign) fail();
    at += 1;
  };

  const binary = (weakest: number): Expression => {
    let left = unary();
    for (;;) {
      const operator = peek() ?? '';
      const strength = strengths[operator] ?? 0;
      if (strength < weakest || strength === 0) return left;
      at += 1;
      left = { kind: 'binary', operator, left, right: binary(strength + 1) };
    }
  };

  const unary = (): Expression => {
    const operator = peek();
    if (operator !== '!' && operator !== '-') return postfix(primary());
    at += 1;
    return { kind: 'unary', operator, operand: unary() };
  };

  const primary = (): Expression => {
    const token = tokens[at] ?? fail();
    at += 1;
    if (token.kind === 'number') return { kind: 'literal', value: Number(token.text) };
    if (token.kind === 'string') return { kind: 'literal', value: token.text };
    if (token.kind === 'name')
      return peek() === '(' ? { kind: 'call', name: token.text, args: args() } : { kind: 'variable', name: token.text };
    if (token.text !== '(') {
      at -= 1;
      fail();
    }
    const inner = binary(1);
    expect(')');
    return inner;
  };

  const args = (): Expression[] => {
    const list: Expression[] = [];
    expect('(');
    while (peek() !== ')') {
      if (list.length > 0) expect(',');
      list.push(binary(1));
    }
    at += 1;
    return list;
  };

  const postfix = (start: Expression): Expression => {
    let of = start;
    for (;;) {
      if (peek() === '.') {
        at += 1;
        const key = tokens[at];
        if (key?.kind !== 'name') return fail();
        at += 1;
        of = { kind: 'member', of, key: key.text };
      } else if (peek() === '[') {
        at += 1;
        const index = peek() === ']' ? undefined : binary(1);
        expect(']');
        if (index?.kind === 'literal' && index.value === 0)
          throw new ImlError(`Lists are counted from 1 in IML, there is no [0]: ${source}`);
        of = { kind: 'item', of, at: index };
      } else return of;
    }
  };

  const whole = binary(1);
  if (at < tokens.length) fail();
  return whole;
}
