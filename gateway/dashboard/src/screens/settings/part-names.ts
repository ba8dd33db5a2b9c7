/** A part of Settings, as the menu and the frame know it. */
export interface PartName {
  path: string;
  title: string;
  /** It shows to those who may do this; without one, to everybody. */
  needs?: string;
}

export const partNames = {
  people: { path: 'people', title: 'People', needs: 'members.list' },
  sso: { path: 'sso', title: 'Single sign-on', needs: 'sso-connections.list' },
  providers: { path: 'providers', title: 'Providers', needs: 'providers.list' },
  fallbacks: { path: 'fallbacks', title: 'Fallbacks', needs: 'fallbacks.get' },
  branding: { path: 'branding', title: 'Branding', needs: 'workspace.get' },
  security: { path: 'security', title: 'Security' },
  audit: { path: 'audit', title: 'Audit', needs: 'audit.list' },
} as const satisfies Readonly<Record<string, PartName>>;
