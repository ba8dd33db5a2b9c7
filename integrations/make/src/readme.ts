import type { Component } from './component.ts';

/** The page that Make shows of the app. */
export function readme(modules: readonly Component[]): string {
  const rows = modules.map(({ about }) => `- **${about.label}**: ${about.description ?? ''}`);
  return `# AI Gateway

One key for OpenAI, Claude, Gemini and Mistral, with budgets that hold.

Connect with the URL of your gateway and a key. A key that begins with \`gw_test_\` spends no money: build the scenario, its budget and its alerts with it, then take one that begins with \`gw_live_\`.

Every call carries the scenario, the execution and the organization it comes from, so spending adds up by itself.

${rows.join('\n')}
- **Make an API call**: Performs an arbitrary authorized API call.

When a budget is used up or the scenario is paused at the gateway, Make turns the scenario off and writes to you. When one client has used up its budget, the scenario stays on for the others. When a limit is passed or a provider fails, Make tries again later.
`;
}
