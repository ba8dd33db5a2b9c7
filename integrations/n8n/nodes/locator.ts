import type { INodeProperties } from 'n8n-workflow';

export interface LocatorList {
  /** The node's method that fills the drop-down. */
  method: string;
  example: string;
  initial?: string;
}

/** n8n's resource locator: a drop-down with a search, and a field for a plain id. */
export function locator(list: LocatorList): Pick<INodeProperties, 'type' | 'default' | 'modes'> {
  return {
    type: 'resourceLocator',
    default: { mode: 'list', value: list.initial ?? '' },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: { searchListMethod: list.method, searchable: true },
      },
      { displayName: 'By ID', name: 'id', type: 'string', placeholder: `e.g. ${list.example}` },
    ],
  };
}
