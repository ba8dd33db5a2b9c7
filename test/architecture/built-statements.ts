import { isFunction, isNode, type Module, type Node, nameOf, nodesIn, type Origin, readModule } from './read-names.ts';

/**
 * Finds statements that are built from text whose origin the file does not show. The argument of `query()` must be made of the program's own text: literals,
 * constants of literals, numbers (`$${values.length}`), names that pg escapes, functions of the file that return such text, and what other files export
 * of it. A caller's text is a value (`$1`), never a part of the statement.
 */
export function builtStatements(files: ReadonlyMap<string, string>): string[] {
  const modules = new Map<string, Module>();
  const moduleOf = (file: string): Module | undefined => {
    const text = files.get(file);
    if (text === undefined) return undefined;
    const known = modules.get(file) ?? readModule(file, text);
    modules.set(file, known);
    return known;
  };
  return [...files.keys()].flatMap((file) => {
    const module = moduleOf(file);
    if (module === undefined) return [];
    return module.statements
      .filter((statement) => !isOwnText(statement, { module, moduleOf, seen: new Set() }))
      .map(({ start }) => `${file}:${(files.get(file) ?? '').slice(0, start).split('\n').length}`);
  });
}

interface Search {
  module: Module;
  moduleOf: (file: string) => Module | undefined;
  seen: Set<string>;
}

const escapes = new Set(['escapeIdentifier', 'escapeLiteral']);

function isOwnText(node: unknown, search: Search): boolean {
  if (!isNode(node)) return node === null || node === undefined;
  const all = (nodes: unknown): boolean => nodesIn(nodes).every((one) => isOwnText(one, search));
  switch (node.type) {
    case 'Literal':
    case 'UnaryExpression':
      return true;
    case 'TemplateLiteral':
      return all(node.expressions);
    case 'BinaryExpression':
      return node.operator !== '+' || (isOwnText(node.left, search) && isOwnText(node.right, search));
    case 'LogicalExpression':
      return isOwnText(node.left, search) && isOwnText(node.right, search);
    case 'ConditionalExpression':
      return isOwnText(node.consequent, search) && isOwnText(node.alternate, search);
    case 'ArrayExpression':
      return all(node.elements);
    case 'SpreadElement':
      return isOwnText(node.argument, search);
    case 'ObjectExpression':
      return isObjectOfOwnText(node, search);
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'ChainExpression':
    case 'ParenthesizedExpression':
      return isOwnText(node.expression, search);
    case 'MemberExpression':
      return nameOf(node.property) === 'length' || nameOf(node.property) === 'pid' || isOwnText(node.object, search);
    case 'CallExpression':
      return isOwnCall(node, search);
    case 'Identifier':
      return isOwnName(nameOf(node) ?? '', search);
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
    case 'FunctionDeclaration':
      return returnsOf(node).every((one) => isOwnText(one, search));
    default:
      return false;
  }
}

/** `{ part }` of an object, or `[…][part]` of each row of a list. */
function isOwnPart(node: Node, part: string | number, search: Search): boolean {
  const same = (inner: unknown): boolean => isNode(inner) && isOwnPart(inner, part, search);
  if (node.type === 'AwaitExpression') return same(node.argument);
  if (node.type === 'TSAsExpression' || node.type === 'ParenthesizedExpression') return same(node.expression);
  if (node.type === 'ConditionalExpression') return same(node.consequent) && same(node.alternate);
  if (node.type === 'ObjectExpression') {
    const property = nodesIn(node.properties).find(({ key }) => nameOf(key) === part);
    return property !== undefined && isOwnText(property.value, search);
  }
  if (node.type === 'ArrayExpression' && typeof part === 'number')
    return nodesIn(node.elements).every((row) =>
      Array.isArray(row.elements) ? isOwnText(row.elements[part], search) : isOwnText(row, search),
    );
  const name = nameOf(node.type === 'CallExpression' ? node.callee : node);
  const origins = name === undefined ? [] : (search.module.origins.get(name) ?? []);
  if (origins.length === 0) return isOwnText(node, search);
  return origins.every((origin) => {
    if (origin.kind === 'parameter') return false;
    if (origin.kind === 'imported') return isOwnText(node, search);
    if (isFunction(origin.node)) return returnsOf(origin.node).every(same);
    return same(origin.node);
  });
}

/** Of a statement with options, `text` alone counts. */
function isObjectOfOwnText(node: Node, search: Search): boolean {
  const properties = nodesIn(node.properties);
  const text = properties.find(({ key }) => nameOf(key) === 'text');
  return (text === undefined ? properties : [text]).every((one) => isOwnText(one.value ?? one.argument, search));
}

function isOwnCall(node: Node, search: Search): boolean {
  const callee = node.callee as Node;
  const given = nodesIn(node.arguments).every((one) => isOwnText(one, search));
  if (callee.type !== 'MemberExpression') {
    if (nameOf(callee) === 'Number') return true;
    return isOwnText(callee, search);
  }
  const method = nameOf(callee.property) ?? '';
  if (escapes.has(method) || method === 'push' || nameOf(callee.object) === 'Math') return true;
  return given && isOwnText(callee.object, search);
}

function isOwnName(name: string, search: Search): boolean {
  const { module, moduleOf, seen } = search;
  const key = `${module.file} ${name}`;
  // A name that is being looked at already adds nothing of others.
  if (seen.has(key)) return true;
  seen.add(key);
  const origins = module.origins.get(name) ?? [];
  const pushed = module.pushed.get(name) ?? [];
  return (
    origins.length > 0 &&
    pushed.every((one) => isOwnText(one, search)) &&
    origins.every((origin) => {
      if (origin.kind === 'value')
        return origin.part === undefined ? isOwnText(origin.node, search) : isOwnPart(origin.node, origin.part, search);
      if (origin.kind === 'parameter') return isOwnParameter(origin, search);
      const other = moduleOf(origin.from);
      return other !== undefined && isOwnName(origin.name, { ...search, module: other });
    })
  );
}

/** A number, one of a few words that its type lists, or what every caller within the file gives that is the program's own. */
function isOwnParameter({ node, at, of }: Extract<Origin, { kind: 'parameter' }>, search: Search): boolean {
  const target = node.type === 'AssignmentPattern' ? (node.left as Node) : node;
  if (isClosedType((target.typeAnnotation as { typeAnnotation?: unknown } | null)?.typeAnnotation)) return true;
  const name = typeof of.name === 'string' ? of.name : undefined;
  if (name === undefined || search.module.exported.has(name)) return false;
  const calls = search.module.calls.get(name) ?? [];
  return calls.length > 0 && calls.every((call) => isOwnText(nodesIn(call.arguments)[at], search));
}

function isClosedType(type: unknown): boolean {
  if (!isNode(type)) return false;
  if (type.type === 'TSUnionType') return nodesIn(type.types).every(isClosedType);
  return ['TSNumberKeyword', 'TSBigIntKeyword', 'TSBooleanKeyword', 'TSLiteralType', 'TSUndefinedKeyword'].includes(
    type.type,
  );
}

function returnsOf(node: Node): unknown[] {
  const body = node.body as Node;
  return body.type === 'BlockStatement' ? returned(body) : [body];
}

function returned(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(returned);
  if (!isNode(value) || isFunction(value)) return [];
  if (value.type === 'ReturnStatement') return [value.argument];
  return Object.values(value).flatMap(returned);
}
