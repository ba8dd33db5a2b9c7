import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { request } from '../api/client.ts';
import { Button } from '../components/button.tsx';
import { messageOf } from '../components/card.tsx';
import { Icon } from '../components/icons.tsx';
import { useToast } from '../components/toast.tsx';
import { chooseTheme, chosenTheme, type Theme } from './theme-choice.ts';

const themes: readonly Theme[] = ['system', 'light', 'dark'];

/** Theme and sign-out: in the top bar, and on a phone under More. */
export function AccountButtons(): ReactNode {
  const [theme, setTheme] = useState(chosenTheme);
  const signOut = useSignOut();
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
  return (
    <>
      <Button
        kind="quiet"
        small
        aria-label={`Theme: ${theme}. Switch to ${next}`}
        title={`Theme: ${theme}`}
        onClick={() => {
          chooseTheme(next);
          setTheme(next);
        }}
      >
        <Icon name={theme === 'dark' ? 'moon' : 'sun'} />
      </Button>
      <Button kind="quiet" small onClick={() => void signOut()}>
        Sign out
      </Button>
    </>
  );
}

function useSignOut(): () => Promise<void> {
  const queries = useQueryClient();
  const toast = useToast();
  return async () => {
    try {
      await request('POST', '/auth/sign-out', {});
      queries.clear();
      // A new document: nothing of the person stays in memory.
      location.assign('/app/sign-in');
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
}
