/** Done in Settings, All operations, by a form drawn from the contract, and nowhere else. */
export const withoutScreen: readonly string[] = [
  ...['clients.erase', 'connections.create', 'connections.list', 'connections.remove', 'me.email', 'me.erase'],
  ...['me.totp.remove', 'members.create', 'models.get', 'prompts.export', 'rate-limits.list', 'rate-limits.set'],
  ...['scenarios.limits.get', 'sessions.clear', 'sessions.list', 'sessions.remove', 'webhooks.deliveries'],
  ...['webhooks.resend', 'workspace.export', 'workspace.security.get', 'workspace.security.set'],
];
