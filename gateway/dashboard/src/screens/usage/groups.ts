/** What usage and speed are grouped by. */
export const groups = ['client', 'project', 'scenario', 'model', 'provider', 'key'] as const;
export const speedGroups = ['model', 'provider', 'client'] as const;
