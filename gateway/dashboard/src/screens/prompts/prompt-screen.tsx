import { Link, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Loaded } from '../../components/card.tsx';
import { PartLinks } from '../../components/part-links.tsx';
import { Screen } from '../../components/screen.tsx';
import { useFormDialog } from '../../frame/overlay.tsx';
import { FiguresCard } from './figures-card.tsx';
import { LabelsCard } from './labels-card.tsx';
import { MovesCard } from './moves-card.tsx';
import { Playground } from './playground.tsx';
import { promptTabs, tabTitles } from './tabs.ts';
import { VersionEditor } from './version-editor.tsx';
import { VersionsCard } from './versions-card.tsx';
import type { WholePrompt } from './whole-prompt.ts';

/** One prompt: its labels, and one of its parts below them. */
export function PromptScreen(): ReactNode {
  const { id } = useParams({ from: '/frame/app/prompts/$id' });
  const { tab = 'edit' } = useSearch({ from: '/frame/app/prompts/$id' });
  const prompt = useRead('prompts.get', { id });
  return (
    <Screen
      title={prompt.data?.name ?? id}
      note={
        <>
          <Link to="/app/prompts" activeOptions={{ exact: true }}>
            Prompts
          </Link>{' '}
          · <code>{id}</code>
          {prompt.data?.description ? <span dir="auto"> · {prompt.data.description}</span> : null}
        </>
      }
      actions={prompt.data === undefined ? undefined : <PromptActions prompt={prompt.data} />}
    >
      <Loaded query={prompt}>
        {(data) => (
          <>
            {data.archived_at === null ? null : <p role="note">This prompt is archived: no call can use it.</p>}
            <LabelsCard prompt={data} />
            <PartLinks
              label="Parts of the prompt"
              parts={promptTabs.map((name) => ({
                name: tabTitles[name],
                href: `/app/prompts/${encodeURIComponent(id)}${name === 'edit' ? '' : `?tab=${name}`}`,
                isChosen: name === tab,
              }))}
            />
            {tab === 'edit' ? <VersionEditor prompt={data} /> : null}
            {tab === 'try' ? <Playground prompt={data} /> : null}
            {tab === 'versions' ? (
              <>
                <VersionsCard prompt={data} />
                <MovesCard prompt={data} />
              </>
            ) : null}
            {tab === 'figures' ? <FiguresCard id={data.id} /> : null}
          </>
        )}
      </Loaded>
    </Screen>
  );
}

function PromptActions({ prompt }: { prompt: WholePrompt }): ReactNode {
  const may = useMay();
  const openForm = useFormDialog();
  const { id, name, archived_at: archivedAt } = prompt;
  return (
    <>
      {may('prompts.update') ? (
        <Button
          onClick={() =>
            openForm({
              operation: 'prompts.update',
              title: `Change ${name}`,
              fixed: { id },
              initial: { ...prompt },
              only: ['name', 'description', 'client_ids', 'aliases'],
              submit: 'Save',
              done: 'The prompt is saved',
            })
          }
        >
          Change details
        </Button>
      ) : null}
      {may('prompts.remove') && archivedAt === null ? (
        <Button
          kind="danger"
          onClick={() =>
            openForm({
              operation: 'prompts.remove',
              title: `Archive ${name}`,
              fixed: { id },
              confirmName: name,
              submit: 'Archive',
              done: `${name} is archived. Restore it in Prompts, Archived.`,
            })
          }
        >
          Archive
        </Button>
      ) : null}
    </>
  );
}
