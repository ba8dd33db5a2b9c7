/** The seller's side of an invoice. */
interface BillingSettings {
  legal_name: string | null;
  address: string | null;
  tax_id: string | null;
  payment_terms_days: number | null;
  bank: string | null;
  footer: string | null;
  invoice_prefix: string | null;
}

export interface BrandingSettings {
  /** Null: the name of the workspace. */
  name: string | null;
  logo: string | null;
  accent: string | null;
  reply_to: string | null;
  /** The portal's own host name, of live mode. */
  host: string | null;
}

/** The settings of a workspace, in live or in test mode. */
export interface WorkspaceSettings {
  name: string;
  /** IANA: where its days and months begin. */
  timezone: string;
  /** BCP 47. */
  locale: string;
  billing: BillingSettings;
  branding: BrandingSettings;
}

/** The fields that one mode has set itself; the rest comes from live mode, and there from the defaults. */
export interface SetFields {
  name?: string | undefined;
  timezone?: string | undefined;
  locale?: string | undefined;
  billing?: Given<BillingSettings> | undefined;
  branding?: Given<BrandingSettings> | undefined;
}

type Given<Fields> = { [Name in keyof Fields]?: Fields[Name] | undefined };

const unset: Omit<WorkspaceSettings, 'name'> = {
  timezone: 'UTC',
  locale: 'en',
  billing: {
    legal_name: null,
    address: null,
    tax_id: null,
    payment_terms_days: null,
    bank: null,
    footer: null,
    invoice_prefix: null,
  },
  branding: { name: null, logo: null, accent: null, reply_to: null, host: null },
};

/** The settings in force, from the lowest layer to the highest. */
export function settingsFrom(name: string, layers: readonly SetFields[]): WorkspaceSettings {
  return layers.reduce<WorkspaceSettings>(
    (below, layer) => ({
      name: layer.name ?? below.name,
      timezone: layer.timezone ?? below.timezone,
      locale: layer.locale ?? below.locale,
      billing: overlaid(below.billing, layer.billing),
      branding: overlaid(below.branding, layer.branding),
    }),
    { name, ...unset },
  );
}

/** Null is a value: it empties a field that the layer below has filled. */
function overlaid<Fields extends object>(below: Fields, given: Given<Fields> = {}): Fields {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...below, ...(Object.fromEntries(set) as Partial<Fields>) };
}
