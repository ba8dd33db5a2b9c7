import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';

const names: Readonly<Record<string, string>> = {
  oidc: 'OpenID Connect',
  saml: 'SAML',
  entra: 'Microsoft Entra ID',
  google: 'Google Workspace',
  okta: 'Okta',
  other: 'Other',
};

/** A protocol or an identity provider as people know it. */
export function signOnName(value: unknown): string {
  return names[String(value)] ?? String(value);
}

/** The DNS record that proves a domain: its name, and its value below. */
export function dnsRecord(name: unknown, { txt_value: value }: Readonly<Record<string, unknown>>): ReactNode {
  return (
    <>
      <code>{String(name)}</code>
      <br />
      <code>{String(value)}</code>
    </>
  );
}

export function connectionName(id: unknown): ReactNode {
  return <ConnectionName id={String(id)} />;
}

function ConnectionName({ id }: { id: string }): ReactNode {
  const connections = useRead('sso-connections.list', {});
  return <bdi>{connections.data?.data.find((one) => one.id === id)?.name ?? id}</bdi>;
}
