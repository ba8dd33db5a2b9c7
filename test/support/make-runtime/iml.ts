import { imlFunctions, own, textOf } from './iml-functions.ts';
import { type Expression, ImlError, parseTemplate } from './iml-parser.ts';

/** The variables of expressions. A variable that is not in it is an error; Make would say nothing, and the app would be wrong. */
export type Scope = Readonly<Record<string, unknown>>;

/** JSON with expressions in its texts, evaluated: what is undefined is left out, `{{...}}` spreads a collection. */
export function transform(template: unknown, scope: Scope): unknown {
  if (typeof template === 'string') return render(template, scope);
  if (Array.isArray(template)) return template.map((item) => transform(item, scope));
  if (typeof template !== 'object' || template === null) return template;
  const made: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(template)) {
    const result = transform(value, scope);
    if (key === '{{...}}') Object.assign(made, result);
    else if (result !== undefined) {
      const name = textOf(render(key, scope));
      // Make's pages spread a collection with `omit` of the keys that are set beside it, and do not say which wins without.
      // https://developers.make.com/custom-apps-documentation/best-practices/input-parameters/processing-of-input-parameters
      if (name in made && '{{...}}' in template)
        throw new ImlError(`"${name}" is spread and set; whether Make keeps the one or the other is not established.`);
      made[name] = result;
    }
  }
  return made;
}

/** A lone expression keeps its type; among other text it becomes text. */
export function render(text: string, scope: Scope): unknown {
  const pieces = parseTemplate(text);
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return typeof only === 'string' ? only : evaluate(only, scope);
  return pieces.map((piece) => (typeof piece === 'string' ? piece : textOf(evaluate(piece, scope)))).join('');
}

const keywords: Readonly<Record<string, unknown>> = {
  null: null,
  erase: null,
  undefined,
  ignore: undefined,
  true: true,
  false: false,
  emptystring: '',
  space: ' ',
  newline: '\n',
  tab: '\t',
};

function evaluate(node: Expression, scope: Scope): unknown {
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'variable':
      return variable(node.name, scope);
    case 'member':
      return own(evaluate(node.of, scope), node.key);
    case 'item':
      return item(evaluate(node.of, scope), node.at === undefined ? 1 : evaluate(node.at, scope));
    case 'unary': {
      const operand = evaluate(node.operand, scope);
      return node.operator === '!' ? !operand : -(operand as number);
    }
    case 'binary':
      return binary(node, scope);
    case 'call':
      return call(node, scope);
  }
}

function variable(name: string, scope: Scope): unknown {
  if (name === 'emptyarray') return [];
  if (name === 'now') return new Date();
  if (Object.hasOwn(keywords, name)) return keywords[name];
  if (!Object.hasOwn(scope, name)) throw new ImlError(`There is no variable "${name}" here.`);
  return scope[name];
}

/** From 1; from the end with a minus. */
function item(list: unknown, at: unknown): unknown {
  if (!Array.isArray(list)) return undefined;
  const index = Number(at);
  return index > 0 ? list[index - 1] : list.at(index);
}

function binary({ operator, left, right }: Extract<Expression, { kind: 'binary' }>, scope: Scope): unknown {
  const first = evaluate(left, scope);
  if (operator === '&&') return first ? evaluate(right, scope) : first;
  if (operator === '||') return first ? first : evaluate(right, scope);
  const second = evaluate(right, scope);
  switch (operator) {
    case '+':
      return typeof first === 'number' && typeof second === 'number' ? first + second : textOf(first) + textOf(second);
    case '-':
      return (first as number) - (second as number);
    case '*':
      return (first as number) * (second as number);
    case '/':
      return (first as number) / (second as number);
    case '%':
      return (first as number) % (second as number);
    case '==':
    case '===':
      return areEqual(first, second);
    case '!=':
    case '!==':
      return !areEqual(first, second);
    case '<':
      return (first as number) < (second as number);
    case '<=':
      return (first as number) <= (second as number);
    case '>':
      return (first as number) > (second as number);
    default:
      return (first as number) >= (second as number);
  }
}

/** Whether Make compares strictly is not established, so that only like is compared with like. */
function areEqual(first: unknown, second: unknown): boolean {
  const missing = [first, second].some((value) => value === undefined || value === null);
  if (!missing && typeof first !== typeof second)
    throw new ImlError(`A ${typeof first} is compared with a ${typeof second}.`);
  return first === second || (missing && (first ?? undefined) === (second ?? undefined));
}

function call({ name, args }: Extract<Expression, { kind: 'call' }>, scope: Scope): unknown {
  const at = (index: number): unknown => {
    const arg = args[index];
    return arg === undefined ? undefined : evaluate(arg, scope);
  };
  // These three evaluate only what they return.
  if (name === 'if') return at(0) ? at(1) : at(2);
  if (name === 'ifempty') {
    const value = at(0);
    return value === undefined || value === null || value === '' ? at(1) : value;
  }
  if (name === 'switch') {
    const value = at(0);
    for (let index = 1; index + 1 < args.length; index += 2) if (areEqual(value, at(index))) return at(index + 1);
    return args.length % 2 === 0 ? at(args.length - 1) : undefined;
  }
  const known = Object.hasOwn(imlFunctions, name) ? imlFunctions[name] : undefined;
  if (known === undefined) throw new ImlError(`There is no function "${name}".`);
  return known(...(args.map((_, index) => at(index)) as never[]));
}
