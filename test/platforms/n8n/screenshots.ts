import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page, selectors } from 'playwright-core';
import { editorSettings, type Json, owner, type RealN8n } from './real-n8n.ts';
import { type Credential, ourNode, to } from './workflow-parts.ts';

export interface Seen {
  /** The labels of the node's fields. */
  panel: string[];
  /** The node creator's results for "AI Gateway". */
  creator: string[];
  /** Hosts other than n8n that the editor asked. */
  foreignHosts: string[];
}

export function findChromium(): string | undefined {
  const places = [
    process.env.CHROMIUM_PATH,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  return places.find((path) => path !== undefined && existsSync(path));
}

/** Opens the real editor, looks at our nodes in it, and keeps pictures where SCREENSHOTS_TO says (docs/images). */
export async function photographEditor(given: {
  n8n: RealN8n;
  chromium: string;
  credential: Credential;
}): Promise<Seen> {
  const { n8n } = given;
  const folder = process.env.SCREENSHOTS_TO ?? mkdtempSync(join(tmpdir(), 'n8n-screenshots-'));
  const browser = await chromium.launch({ executablePath: given.chromium, args: ['--no-sandbox'] });
  try {
    const { page, foreignHosts } = await openEditor(browser, n8n);
    const shoot = (name: string) => page.screenshot({ path: join(folder, `n8n-${name}.png`) });

    const { id } = await n8n.api('POST', '/workflows', showcase(given.credential));
    await page.goto(`${n8n.url}/workflow/${String(id)}`);
    const nodes = page.getByTestId('canvas-node');
    await nodes.filter({ hasText: 'Classify' }).first().waitFor();
    await page.waitForTimeout(1_000);
    await shoot('workflow');

    await nodes.filter({ hasText: 'Classify' }).first().dblclick();
    await page.getByText('Output Format').first().waitFor();
    await page.waitForTimeout(1_000);
    await shoot('chat-completion');
    const panel = await page
      .getByTestId('parameter-input')
      .locator('xpath=ancestor::*[contains(@class,"parameter-item")][1]')
      .allInnerTexts();
    const labels = [...panel, ...(await page.getByTestId('input-label').allInnerTexts())];
    await page.keyboard.press('Escape');

    await nodes.filter({ hasText: 'Budget Alert' }).first().dblclick();
    await page.getByText('Events').first().waitFor();
    await page.waitForTimeout(1_000);
    await shoot('trigger');
    await page.keyboard.press('Escape');

    await page.getByTestId('node-creator-plus-button').first().click();
    await page.getByTestId('node-creator-search-bar').fill('AI Gateway');
    await page.getByText('AI Gateway Chat Model').first().waitFor();
    await page.waitForTimeout(1_000);
    await shoot('node-creator');
    const creator = await page.getByTestId('node-creator-item-name').allInnerTexts();

    await page.goto(`${n8n.url}/home/credentials/${given.credential.id}`);
    await page.getByText('Connection tested successfully').or(page.getByText('live key')).first().waitFor();
    await page.waitForTimeout(1_000);
    await shoot('credential');
    return { panel: labels.map((label) => label.split('\n')[0]?.trim() ?? ''), creator, foreignHosts };
  } finally {
    await browser.close();
  }
}

async function openEditor(browser: Browser, n8n: RealN8n): Promise<{ page: Page; foreignHosts: string[] }> {
  selectors.setTestIdAttribute('data-test-id');
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const foreignHosts: string[] = [];
  await page.route(
    (url) => url.protocol.startsWith('http') && url.host !== new URL(n8n.url).host,
    (route) => {
      foreignHosts.push(new URL(route.request().url()).host);
      return route.abort();
    },
  );
  await page.goto(`${n8n.url}/signin`);
  await page.locator('input[type=email]').fill(owner.email);
  await page.locator('input[type=password]').fill(owner.password);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => !url.pathname.startsWith('/signin'));
  return { page, foreignHosts };
}

/** Each of our nodes once, as a person would use them. */
function showcase(credential: Credential): Json {
  const ours = (name: string, type: string, position: [number, number], parameters: Json): Json =>
    ourNode({ name, type, position, parameters, credential });
  const locator = (value: string) => ({ __rl: true, mode: 'list', value, cachedResultName: value });
  return {
    name: 'AI Gateway',
    settings: editorSettings,
    nodes: [
      {
        id: 'Webhook',
        name: 'E-mail Arrives',
        type: 'n8n-nodes-base.webhook',
        typeVersion: 2,
        position: [0, 0],
        parameters: { path: 'showcase', httpMethod: 'POST' },
      },
      ours('Classify', 'aiGateway', [220, 0], {
        resource: 'chat',
        operation: 'complete',
        model: locator('auto'),
        prompt: '=Is this e-mail an invoice, an order or a newsletter?\n\n{{ $json.body.text }}',
        outputFormat: 'json_schema',
        client: locator('acme'),
        options: { maxTokens: 50, temperature: 0 },
      }),
      {
        id: 'Agent',
        name: 'Answer It',
        type: '@n8n/n8n-nodes-langchain.agent',
        typeVersion: 3.1,
        position: [440, 0],
        parameters: { promptType: 'define', text: '={{ $json.text }}' },
      },
      ours('AI Gateway Chat Model', 'lmChatAiGateway', [400, 220], { model: locator('auto') }),
      ours('Check Budget', 'aiGatewayTool', [580, 220], { resource: 'budget', operation: 'check' }),
      ours('Budget Alert', 'aiGatewayTrigger', [0, 420], {
        events: ['budgetAlert', 'scenario.paused'],
        filters: { percents: '80, 100' },
      }),
      ours('Raise', 'aiGateway', [220, 420], {
        resource: 'budget',
        operation: 'raise',
        id: { __rl: true, mode: 'id', value: '={{ $json.data.budget.id }}' },
        byUsd: 10,
      }),
    ],
    connections: {
      'E-mail Arrives': to('Classify'),
      Classify: to('Answer It'),
      'AI Gateway Chat Model': to('Answer It', 'ai_languageModel'),
      'Check Budget': to('Answer It', 'ai_tool'),
      'Budget Alert': to('Raise'),
    },
  };
}
