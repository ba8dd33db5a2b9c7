import { sealContext as providerKeyContext } from '../accounts/workspace-cache.ts';
import { backgroundContext } from '../background/background.ts';
import { erasedNameContext, hashOfName } from '../clients/erased-name.ts';
import { totpContext } from '../factors/second-factor.ts';
import { answerContext } from '../idempotency/idempotency.ts';
import type { PromptContent } from '../prompts/prompt.ts';
import { hashContent, versionContext } from '../prompts/sealed-content.ts';
import { featuresContext } from '../routing/sealed-features.ts';
import { tokenContext } from '../scenarios/connection-store.ts';
import { secretContext } from '../sso/sso-connection.ts';
import { commentContext } from '../usage/opinion.ts';
import { addressOf, confirmHashOf } from '../webhooks/confirm-address.ts';
import { proofsContext, urlContext } from '../webhooks/webhook-secrets.ts';

/** The fields of a row that say where it belongs, by the names of their columns. */
interface RowKey {
  workspace_id: string;
  id: string;
  [column: string]: unknown;
}

/** A table with sealed columns. */
export interface SealedTable {
  name: string;
  /** The columns of its primary key, with their types. */
  key: Readonly<Record<string, 'text' | 'integer' | 'boolean'>>;
  /** Other columns that a context or a hash needs. */
  beside?: readonly string[];
  /** The sealed columns, each with the context that it is sealed with. */
  sealed: Readonly<Record<string, (row: RowKey) => readonly string[]>>;
  /** Columns with hashes that the secret makes of what a sealed column holds. */
  hashes?: (secret: string, row: RowKey, opened: Readonly<Record<string, Buffer>>) => Readonly<Record<string, Buffer>>;
}

const textsOf = (row: RowKey, ...columns: readonly string[]): string[] => columns.map((column) => String(row[column]));
const placeOf = ({ workspace_id: workspaceId, id }: RowKey): { workspaceId: string; id: string } => ({
  workspaceId,
  id,
});

/**
 * Every column that `GATEWAY_SECRET` seals; a test looks for others in the schema. Answers of the response cache are found by a hash of what was asked, which
 * nobody can make again: they are dropped (`cached_answers`).
 */
export const sealedTables: readonly SealedTable[] = [
  {
    name: 'provider_accounts',
    key: { workspace_id: 'text', id: 'text' },
    beside: ['base_url'],
    sealed: {
      sealed_key: (row) => providerKeyContext({ ...placeOf(row), baseUrl: String(row.base_url) }),
    },
  },
  {
    name: 'idempotent_answers',
    key: { workspace_id: 'text', key_id: 'text', idempotency_key: 'text' },
    sealed: {
      sealed_body: (row) => {
        const [workspaceId = '', keyId = '', idempotencyKey = ''] = textsOf(
          row,
          'workspace_id',
          'key_id',
          'idempotency_key',
        );
        return answerContext({ workspaceId, keyId, idempotencyKey });
      },
    },
  },
  {
    name: 'background_calls',
    key: { workspace_id: 'text', id: 'text' },
    sealed: {
      sealed_request: (row) => backgroundContext(placeOf(row), 'request'),
      sealed_secret: (row) => backgroundContext(placeOf(row), 'secret'),
      sealed_outcome: (row) => backgroundContext(placeOf(row), 'outcome'),
      sealed_url: (row) => backgroundContext(placeOf(row), 'url'),
    },
  },
  {
    name: 'webhooks',
    key: { workspace_id: 'text', id: 'text' },
    sealed: {
      sealed_url: (row) => urlContext(placeOf(row)),
      sealed_secret: (row) => proofsContext(placeOf(row)),
    },
    hashes: (secret, { workspace_id: workspaceId }, { sealed_url: url }) => {
      const address = url === undefined ? undefined : addressOf(new URL(url.toString('utf8')));
      return address === undefined ? {} : { confirm_hash: confirmHashOf({ secret }, workspaceId, address) };
    },
  },
  {
    name: 'connections',
    key: { workspace_id: 'text', id: 'text' },
    beside: ['base_url'],
    sealed: { sealed_token: (row) => tokenContext({ ...placeOf(row), baseUrl: String(row.base_url) }) },
  },
  {
    name: 'totp',
    key: { person_id: 'text' },
    sealed: { sealed_secret: (row) => totpContext(String(row.person_id)) },
  },
  {
    name: 'sso_connections',
    key: { workspace_id: 'text', id: 'text' },
    beside: ['issuer'],
    sealed: { sealed_secret: (row) => secretContext({ ...placeOf(row), issuer: row.issuer as string | null }) },
  },
  {
    name: 'prompt_versions',
    key: { workspace_id: 'text', prompt_id: 'text', version: 'integer' },
    sealed: {
      sealed_content: ({ workspace_id: workspaceId, prompt_id: promptId, version }) =>
        versionContext({ workspaceId, promptId: String(promptId), version: Number(version) }),
    },
    hashes: (secret, { workspace_id: workspaceId }, { sealed_content: content }) =>
      content === undefined
        ? {}
        : { content_hash: hashContent(secret, workspaceId, JSON.parse(content.toString('utf8')) as PromptContent) },
  },
  {
    name: 'feedback',
    key: { workspace_id: 'text', call_id: 'text', name: 'text' },
    sealed: {
      sealed_comment: ({ workspace_id: workspaceId, call_id: callId, name }) =>
        commentContext({ workspaceId, callId: String(callId), name: String(name) }),
    },
  },
  {
    name: 'learned_samples',
    key: { workspace_id: 'text', livemode: 'boolean', id: 'text' },
    sealed: { sealed_features: (row) => featuresContext(placeOf(row)) },
  },
  {
    name: 'erased_clients',
    key: { id: 'text' },
    beside: ['workspace_id', 'livemode'],
    sealed: { sealed_name: (row) => erasedNameContext(placeOf(row), row.id) },
    hashes: (secret, { workspace_id: workspaceId, livemode }, { sealed_name: name }) =>
      name === undefined
        ? {}
        : { name_hash: hashOfName(secret, { workspaceId, livemode: livemode === true }, name.toString('utf8')) },
  },
];
