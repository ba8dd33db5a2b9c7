import type { OperationId } from '@ai-gateway/shared/contract';

/** How the node does an operation of the contract: generated, so that nothing has to be written by hand for a new one. */
export interface OperationPlan {
  readonly id: OperationId;
  readonly fields: readonly FieldPlan[];
  /** `one` answer is one item; `rows` of a list are an item each; `pages` of them are followed by their cursor. */
  readonly answer: 'one' | 'rows' | 'pages';
}

export interface FieldPlan {
  /** As the contract names it, and as the form does. */
  readonly key: string;
  readonly name: string;
  readonly kind: 'text' | 'number' | 'boolean' | 'list' | 'numbers' | 'groups' | 'json' | 'group' | 'mapped';
  /** Optional fields stand in the collection "Additional Fields". */
  readonly additional: boolean;
  /** Of a group, or of the groups of a list. */
  readonly fields?: readonly FieldPlan[];
}

/** How a drop-down is filled. */
export interface ListPlan {
  readonly id: OperationId;
  /** Does the gateway search, or do we? */
  readonly searches: boolean;
  readonly pages: boolean;
}

/** How the fields are loaded that another field decides. */
export interface FieldsPlan {
  readonly id: OperationId;
  /** The parameters that the list depends on, by the contract’s names and the form’s. */
  readonly takes: readonly { readonly key: string; readonly name: string }[];
}
