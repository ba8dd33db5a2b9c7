/** The tags of a call, resolved. Only the first four are budgeted; the rest is kept and shown. */
export interface CallTags {
  client?: string | undefined;
  project?: string | undefined;
  scenario?: string | undefined;
  platform?: string | undefined;
  execution?: string | undefined;
  organization?: string | undefined;
  node?: string | undefined;
}
