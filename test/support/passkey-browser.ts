import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { findChromium } from '../platforms/n8n/screenshots.ts';

/** A real Chromium with a virtual authenticator in it: what a device does is the browser's, not ours. */
export interface PasskeyBrowser {
  page: Page;
  context: BrowserContext;
  /** `navigator.credentials.create` with options in JSON; gives the credential in JSON. */
  create(options: unknown): Promise<Record<string, unknown>>;
  /** `navigator.credentials.get`, likewise. */
  use(options: unknown): Promise<Record<string, unknown>>;
  /** Whether the device says that its owner is there, and verified. */
  setVerified(isVerified: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** Opens a page at an address, with a device that has no passkeys yet. */
export async function openPasskeyBrowser(url: string): Promise<PasskeyBrowser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium is installed: set CHROMIUM_PATH');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    page,
    context,
    create: (options) => inPage(page, 'create', 'parseCreationOptionsFromJSON', options),
    use: (options) => inPage(page, 'get', 'parseRequestOptionsFromJSON', options),
    setVerified: async (isUserVerified) => {
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
    stop: () => browser.close(),
  };
}

/** The browser's own reading and writing of JSON, as text: the types of the page are not those of this program. */
function inPage(page: Page, method: string, parse: string, options: unknown): Promise<Record<string, unknown>> {
  return page.evaluate(
    `navigator.credentials.${method}({ publicKey: PublicKeyCredential.${parse}(${JSON.stringify(options)}) }).then((one) => one.toJSON())`,
  );
}
