import { type Accent, accentFor, contrastOf } from '@ai-gateway/shared/accent';
import type { CSSProperties, ReactNode } from 'react';
import styles from './branding-card.module.css';

interface AccentPreviewProps {
  name: string;
  logo: string;
  accent: string;
}

const themes = { light: 'On light', dark: 'On dark' } as const;

/** The head of the portal in both themes, as it is going to look. */
export function AccentPreview({ name, logo, accent }: AccentPreviewProps): ReactNode {
  const shown = accentFor(accent);
  return (
    <section className={styles.previews} aria-label="Preview">
      {(Object.keys(themes) as (keyof typeof themes)[]).map((theme) => (
        <figure key={theme} className={styles.preview} style={colours(shown?.[theme])}>
          <div className={styles.portal} data-theme={theme}>
            {logo === '' ? (
              <span className={styles.name} dir="auto">
                {name}
              </span>
            ) : (
              <img className={styles.logo} src={logo} alt="The logo" />
            )}
            <span className={styles.pressed}>Download</span>
          </div>
          <figcaption className={styles.caption}>
            {themes[theme]}: {sentenceOf(accent, shown?.[theme].accent, theme)}
          </figcaption>
        </figure>
      ))}
    </section>
  );
}

/** React sets these as properties of the element, which the content policy allows; only the colours of the preview are set so. */
function colours(accent: Accent['light'] | undefined): CSSProperties {
  return accent === undefined ? {} : ({ '--accent': accent.accent, '--on-accent': accent.onAccent } as CSSProperties);
}

/** The page and the cards of theme.css: where text of the accent has the least contrast. */
const surfaces = { light: '#f6f7f9', dark: '#161922' } as const;

/** WCAG wants 4.5 to 1 of text. */
function sentenceOf(given: string, shown: string | undefined, theme: keyof typeof surfaces): string {
  if (given === '') return 'the gateway’s own accent.';
  if (shown === undefined) return `${given} is not a colour such as #1a56db.`;
  const ratio = (colour: string): string => `${(contrastOf(colour, surfaces[theme]) ?? 1).toFixed(1)} to 1`;
  const as = given.length === 4 ? given.replace(/[0-9a-f]/gi, '$&$&') : given;
  if (as.toLowerCase() === shown) return `a contrast of ${ratio(shown)}, readable.`;
  return `${given} has a contrast of ${ratio(as)}, too little to read. It shows as ${shown}, with ${ratio(shown)}.`;
}
