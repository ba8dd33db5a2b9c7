import { dirname, join, normalize } from 'node:path';
import { parseAst } from 'vite';

/**
 * Finds statements that are built from text whose origin the file does not show. What `query()` gets must be made of the program's own text: literals,
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

interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

/** Where a name of a file comes from. */
type Origin =
  | { kind: 'value'; node: Node; part?: string | number }
  | { kind: 'imported'; from: string; name: string }
  | { kind: 'parameter'; node: Node; at: number; of: Node };

interface Module {
  file: string;
  origins: Map<string, Origin[]>;
  /** The first argument of each `query()`. */
  statements: Node[];
  /** What is pushed onto the arrays of a name. */
  pushed: Map<string, Node[]>;
  /** Calls of the functions of a name. */
  calls: Map<string, Node[]>;
  exported: Set<string>;
  /** Where the functions begin that `list.map()` and its like are given. */
  handed: Set<number>;
}

interface Search {
  module: Module;
  moduleOf: (file: string) => Module | undefined;
  seen: Set<string>;
}

function readModule(file: string, text: string): Module {
  const module: Module = {
    file,
    origins: new Map(),
    statements: [],
    pushed: new Map(),
    calls: new Map(),
    exported: new Set(),
    handed: new Set(),
  };
  visit(parseAst(text, { lang: 'ts' }), module, undefined);
  return module;
}

function visit(value: unknown, module: Module, owner: string | undefined): void {
  if (Array.isArray(value)) {
    for (const one of value) visit(one, module, owner);
    return;
  }
  if (!isNode(value)) return;
  note(value, module, owner);
  for (const [field, child] of Object.entries(value))
    visit(child, module, value.type === 'VariableDeclarator' && field === 'init' ? nameOf(value.id) : undefined);
}

function note(node: Node, module: Module, owner: string | undefined): void {
  if (node.type === 'ImportDeclaration') noteImports(node, module);
  if (node.type === 'ExportNamedDeclaration') noteExports(node, module);
  if (node.type === 'VariableDeclarator' && isNode(node.init))
    noteNames(node.id, { kind: 'value', node: node.init }, module);
  if (node.type === 'AssignmentExpression' && isNode(node.right))
    noteNames(node.left, { kind: 'value', node: node.right }, module);
  if (node.type === 'ForOfStatement') noteLoop(node, module);
  if (isFunction(node)) noteFunction(node, module, owner);
  if (node.type === 'CallExpression') noteCall(node, module);
}

function noteImports(node: Node, module: Module): void {
  const from = String((node.source as { value?: unknown }).value);
  if (!from.startsWith('.')) return;
  for (const specifier of nodesIn(node.specifiers)) {
    const name = nameOf(specifier.imported) ?? nameOf(specifier.local);
    const local = nameOf(specifier.local);
    if (name !== undefined && local !== undefined)
      add(module.origins, local, { kind: 'imported', from: normalize(join(dirname(module.file), from)), name });
  }
}

function noteExports({ declaration }: Node, module: Module): void {
  if (!isNode(declaration)) return;
  const names = [nameOf(declaration.id), ...nodesIn(declaration.declarations).map(({ id }) => nameOf(id))];
  for (const name of names) if (name !== undefined) module.exported.add(name);
}

function noteLoop({ left, right }: Node, module: Module): void {
  const [declared] = isNode(left) ? nodesIn(left.declarations) : [];
  if (declared !== undefined && isNode(right)) noteNames(declared.id, { kind: 'value', node: right }, module);
}

function noteFunction(node: Node, module: Module, owner: string | undefined): void {
  const name = nameOf(node.id) ?? owner;
  if (name !== undefined && nameOf(node.id) !== undefined) add(module.origins, name, { kind: 'value', node });
  if (module.handed.has(node.start)) return;
  for (const [at, parameter] of nodesIn(node.params).entries()) {
    const target = parameter.type === 'AssignmentPattern' ? parameter.left : parameter;
    noteNames(target, { kind: 'parameter', node: parameter, at, of: { ...node, name } }, module);
  }
}

function noteCall(node: Node, module: Module): void {
  const [first] = nodesIn(node.arguments);
  const callee = node.callee as Node;
  const called = nameOf(callee);
  if (called !== undefined) add(module.calls, called, node);
  if (callee.type !== 'MemberExpression') return;
  const method = nameOf(callee.property);
  if (method === 'query' && first !== undefined) module.statements.push(first);
  const object = nameOf(callee.object);
  if (method === 'push' && object !== undefined)
    for (const one of nodesIn(node.arguments)) add(module.pushed, object, one);
  // What `list.map((one) => …)` and its like hand on is of the list.
  for (const argument of nodesIn(node.arguments))
    if (isFunction(argument) && isNode(callee.object)) {
      module.handed.add(argument.start);
      for (const parameter of nodesIn(argument.params))
        noteNames(parameter, { kind: 'value', node: callee.object }, module);
    }
}

/** Every name of a pattern: `a`, `{ a, b: c }`, `[a, b]`. */
function noteNames(pattern: unknown, origin: Origin, module: Module): void {
  if (!isNode(pattern)) return;
  const name = nameOf(pattern);
  if (name !== undefined) add(module.origins, name, origin);
  const partOf = (part: string | number | undefined): Origin =>
    origin.kind === 'value' && part !== undefined ? { ...origin, part } : origin;
  for (const property of nodesIn(pattern.properties))
    noteNames(property.value ?? property.argument, partOf(nameOf(property.key)), module);
  if (Array.isArray(pattern.elements))
    for (const [at, element] of pattern.elements.entries()) noteNames(element, partOf(at), module);
  if (pattern.type === 'AssignmentPattern') noteNames(pattern.left, origin, module);
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

function add<Value>(map: Map<string, Value[]>, name: string, value: Value): void {
  map.set(name, [...(map.get(name) ?? []), value]);
}

function isFunction({ type }: Node): boolean {
  return /^(ArrowFunctionExpression|FunctionExpression|FunctionDeclaration)$/.test(type);
}

function nameOf(value: unknown): string | undefined {
  return isNode(value) && (value.type === 'Identifier' || value.type === 'PrivateIdentifier')
    ? String(value.name)
    : undefined;
}

function nodesIn(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
