/** The content of a file of the app. Undefined is left out, as JSON does. */
export type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

/** One field of a form or of an interface, as Make's editor has it. */
export interface Parameter {
  readonly [key: string]: Json;
  readonly name?: string;
  readonly type: string;
  readonly label?: string;
}

export type ComponentKind = 'connection' | 'webhook' | 'module' | 'rpc';

/** One connection, webhook, module or RPC: what the manifest says of it, and its files by the manifest's names for them. */
export interface Component {
  readonly kind: ComponentKind;
  readonly id: string;
  readonly about: {
    readonly label: string;
    readonly description?: string;
    readonly connectionType?: 'basic';
    readonly webhookType?: 'web';
    readonly moduleType?: ModuleType;
    readonly actionCrud?: 'create' | 'read' | 'update' | 'delete';
    readonly connection?: string | null;
    readonly altConnection?: null;
    readonly webhook?: string;
  };
  readonly code: { readonly [key in CodeKey]?: Json };
}

type ModuleType = 'trigger' | 'action' | 'search' | 'instant_trigger' | 'universal';

type CodeKey =
  | 'communication'
  | 'params'
  | 'staticParams'
  | 'mappableParams'
  | 'interface'
  | 'samples'
  | 'epoch'
  | 'attach'
  | 'detach';

/** The only connection there is. */
export const connectionId = 'apiKey';

/** `budgets.create` → `budgetsCreate`. From the operation's id and not from its label: what is published keeps its id for ever. */
export function componentId(operationId: string): string {
  return operationId.replace(/[.-](\w)/g, (_, letter: string) => letter.toUpperCase());
}
