/** Where a request of a person comes from. */
export interface Visitor {
  address: string | undefined;
  agent: string | undefined;
}
