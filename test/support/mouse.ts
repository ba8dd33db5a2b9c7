import type { Locator, Page } from 'playwright-core';
import { settled } from './open-dashboard.ts';

type Role = 'link' | 'button' | 'switch';

/** A person with a mouse or a finger, whose clicks are counted. */
export interface Mouse {
  /** Goes to Home, with no click so far. */
  fromHome(): Promise<void>;
  /** Goes to a screen by the menu. On a phone those that its bar has no room for are behind More, which is a click too. */
  menu(name: string): Promise<void>;
  click(role: Role, name: string | RegExp, within?: Locator): Promise<void>;
  /** The clicks since Home. */
  clicks(): number;
}

export function mouseOf(page: Page): Mouse {
  let clicks = 0;
  const mouse: Mouse = {
    fromHome: async () => {
      await page.goto('/app');
      await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
      await settled(page);
      clicks = 0;
    },
    menu: async (name) => {
      const link = { name, exact: true };
      const menu = page.getByRole('navigation', { name: /^(Screens|Main screens)$/ });
      if ((await menu.getByRole('link', link).count()) > 0) await menu.getByRole('link', link).click();
      else {
        await menu.getByRole('link', { name: 'More' }).click();
        clicks += 1;
        await page.getByRole('main').getByRole('link', link).click();
      }
      clicks += 1;
    },
    click: async (role, name, within) => {
      await (within ?? page)
        .getByRole(role, typeof name === 'string' ? { name, exact: true } : { name })
        .first()
        .click();
      clicks += 1;
    },
    clicks: () => clicks,
  };
  return mouse;
}
