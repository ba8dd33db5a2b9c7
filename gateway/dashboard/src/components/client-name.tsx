import type { ReactNode } from 'react';

interface ClientNameProps {
  id: string | null;
  nameOf: (id: string) => string;
}

/** A client by its name, with its id as the title: keys and headers name the id. */
export function ClientName({ id, nameOf }: ClientNameProps): ReactNode {
  return id === null ? '–' : <bdi title={id}>{nameOf(id)}</bdi>;
}
