import { dirname, join, normalize } from 'node:path';
import { parseAst } from 'vite';

/** The facts of one file that the search for built statements needs: where each name comes from, and the statements it hands to `query()`. */
export function readModule(file: string, text: string): Module {
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
  // The parameter of `list.map((one) => …)` and its like is of the list.
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

export interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

/** Where a name of a file comes from. */
export type Origin =
  | { kind: 'value'; node: Node; part?: string | number }
  | { kind: 'imported'; from: string; name: string }
  | { kind: 'parameter'; node: Node; at: number; of: Node };

export interface Module {
  file: string;
  origins: Map<string, Origin[]>;
  /** The first argument of each `query()`. */
  statements: Node[];
  /** The values pushed onto the arrays of a name. */
  pushed: Map<string, Node[]>;
  /** Calls of the functions of a name. */
  calls: Map<string, Node[]>;
  exported: Set<string>;
  /** Where the functions begin that `list.map()` and its like are given. */
  handed: Set<number>;
}

function add<Value>(map: Map<string, Value[]>, name: string, value: Value): void {
  map.set(name, [...(map.get(name) ?? []), value]);
}

export function isFunction({ type }: Node): boolean {
  return /^(ArrowFunctionExpression|FunctionExpression|FunctionDeclaration)$/.test(type);
}

export function nameOf(value: unknown): string | undefined {
  return isNode(value) && (value.type === 'Identifier' || value.type === 'PrivateIdentifier')
    ? String(value.name)
    : undefined;
}

export function nodesIn(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
