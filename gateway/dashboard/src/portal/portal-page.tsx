import { accentFor } from '@ai-gateway/shared/accent';
import { type ReactNode, useEffect, useState } from 'react';
import { serverNow } from '../api/server-clock.ts';
import { Button } from '../components/button.tsx';
import { addMonths, dayIn, monthForPeople, placeOf } from '../format/when.ts';
import { BudgetSection } from './budget-section.tsx';
import { InvoicesSection } from './invoices-section.tsx';
import styles from './portal.module.css';
import { type Overview, type PortalError, type PortalPart, readOverview } from './portal-api.ts';
import { ScenariosSection } from './scenarios-section.tsx';
import { UsageSection } from './usage-section.tsx';
import { useAnswer } from './use-answer.ts';

const titles: Readonly<Record<PortalPart, string>> = {
  usage: 'Usage',
  budget: 'Budget',
  scenarios: 'Scenarios',
  invoices: 'Invoices',
};
const order: readonly PortalPart[] = ['usage', 'budget', 'scenarios', 'invoices'];
const monthsBack = 12;

interface PortalPageProps {
  first: Overview;
  onOver: (error: PortalError) => void;
  onClose: () => Promise<void>;
}

/** The whole portal on one page, so that it prints as it is read. */
export function PortalPage({ first, onOver, onClose }: PortalPageProps): ReactNode {
  const [month, setMonth] = useState(first.month);
  const answer = useAnswer(month, () => readOverview(month), { onOver, first });
  const [last, setLast] = useState(first);
  if (answer.data !== undefined && answer.data !== last) setLast(answer.data);
  const { agency, client, livemode, shows, timezone } = last;
  useAccent(agency.accent);
  useEffect(() => {
    document.title = `${client.name} · Portal of ${agency.name}`;
  }, [client.name, agency.name]);
  const choose = (chosen: string): void => {
    setMonth(chosen);
    const address = new URL(window.location.href);
    address.searchParams.set('month', chosen);
    window.history.replaceState(null, '', address);
  };
  const parts = order.filter((part) => shows.includes(part));
  return (
    <>
      {livemode ? null : <p className={styles.test}>Test data: nothing here is billed.</p>}
      <header className={styles.header}>
        {agency.logo === null ? (
          <p className={styles.agency} dir="auto">
            {agency.name}
          </p>
        ) : (
          <img className={styles.logo} src={agency.logo} alt={agency.name} />
        )}
        <nav aria-label="Portal" className={styles.nav}>
          {parts.map((part) => (
            <a key={part} href={`#${part}`}>
              {titles[part]}
            </a>
          ))}
        </nav>
        <Button small className="screen-only" onClick={() => void onClose()}>
          {last.signed_in ? 'Sign out' : 'Close the portal'}
        </Button>
      </header>
      <main className={styles.main}>
        <div className={styles.title}>
          <h1>
            <span className={styles.kicker}>Portal</span> <bdi>{client.name}</bdi>
          </h1>
          <p className={styles.range}>
            {monthForPeople(month)}, {placeOf(timezone)} time
          </p>
          <label className={`${styles.month} screen-only`}>
            Month
            <select value={month} onChange={(event) => choose(event.target.value)}>
              {monthsUpTo(timezone, month).map((one) => (
                <option key={one} value={one}>
                  {monthForPeople(one)}
                </option>
              ))}
            </select>
          </label>
        </div>
        {parts.map((part) => (
          <section key={part} id={part} aria-labelledby={`${part}-title`} className={styles.section} tabIndex={-1}>
            <h2 id={`${part}-title`}>{titles[part]}</h2>
            {part === 'usage' ? <UsageSection answer={answer} /> : null}
            {part === 'budget' ? <BudgetSection onOver={onOver} /> : null}
            {part === 'scenarios' ? <ScenariosSection month={month} onOver={onOver} /> : null}
            {part === 'invoices' ? <InvoicesSection onOver={onOver} /> : null}
          </section>
        ))}
      </main>
    </>
  );
}

/** The latest first; a month that the address names is among them however old it is. */
function monthsUpTo(timezone: string, chosen: string): string[] {
  const today = dayIn(timezone, serverNow());
  const months = Array.from({ length: monthsBack }, (_, back) => addMonths(today, -back).slice(0, 7));
  return months.includes(chosen) ? months : [...months, chosen];
}

function useAccent(colour: string | null): void {
  useEffect(() => {
    const accent = colour === null ? undefined : accentFor(colour);
    if (accent === undefined) return;
    const { style } = document.documentElement;
    style.setProperty('--accent', `light-dark(${accent.light.accent}, ${accent.dark.accent})`);
    style.setProperty('--on-accent', `light-dark(${accent.light.onAccent}, ${accent.dark.onAccent})`);
  }, [colour]);
}
