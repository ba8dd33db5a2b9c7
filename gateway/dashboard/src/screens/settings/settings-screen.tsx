import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { findOperation } from '../../api/operations.ts';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { OperationForm } from '../../components/operation-form.tsx';
import { PartLinks } from '../../components/part-links.tsx';
import { Screen } from '../../components/screen.tsx';
import { ThingsCard } from '../../components/things-card.tsx';
import { useToast } from '../../components/toast.tsx';
import { AuditCard } from './audit-card.tsx';
import { BrandingCard } from './branding-card.tsx';
import { FallbacksCard } from './fallbacks-card.tsx';
import { ProvidersCard } from './providers-card.tsx';
import { SecurityCards } from './security-cards.tsx';
import { parts } from './settings-parts.ts';

/** The workspace itself: its name, time zone, language and billing details. */
export function SettingsScreen(): ReactNode {
  const may = useMay();
  const toast = useToast();
  const workspace = useRead('workspace.get', {}, { enabled: may('workspace.get') });
  const update = findOperation('workspace.update');
  return (
    <Screen title="Settings">
      <SettingsTabs chosen={undefined} />
      {update !== undefined && may('workspace.update') ? (
        <Card title="Workspace">
          <Loaded query={workspace}>
            {(data) => (
              <OperationForm
                operation={update}
                initial={data}
                only={['name', 'timezone', 'locale', 'billing']}
                submit="Save"
                onDone={() => toast({ text: 'The settings are saved' })}
              />
            )}
          </Loaded>
        </Card>
      ) : null}
      <p>
        <Link to="/app/settings/operations">All operations</Link>
      </p>
    </Screen>
  );
}

/** One part of the settings, by its path. */
export function SettingsPartScreen(): ReactNode {
  const { part: path } = useParams({ from: '/frame/app/settings/$part' });
  const part = parts.find((one) => one.path === path) ?? parts[0];
  if (part === undefined) return null;
  return (
    <Screen title={`Settings: ${part.title}`} note={part.note}>
      <SettingsTabs chosen={part.path} />
      {part.things.map((things) => (
        <ThingsCard key={things.list} things={things} />
      ))}
      {part.path === 'fallbacks' ? <FallbacksCard /> : null}
      {part.path === 'branding' ? <BrandingCard /> : null}
      {part.path === 'providers' ? <ProvidersCard /> : null}
      {part.path === 'security' ? <SecurityCards /> : null}
      {part.path === 'audit' ? <AuditCard /> : null}
    </Screen>
  );
}

function SettingsTabs({ chosen }: { chosen: string | undefined }): ReactNode {
  const may = useMay();
  return (
    <PartLinks
      label="Settings"
      parts={[
        { name: 'Workspace', href: '/app/settings', isChosen: chosen === undefined },
        ...parts
          .filter(({ needs }) => needs === undefined || may(needs))
          .map(({ path, title }) => ({ name: title, href: `/app/settings/${path}`, isChosen: chosen === path })),
      ]}
    />
  );
}
