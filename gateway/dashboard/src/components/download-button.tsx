import { type ReactNode, useState } from 'react';
import { z } from 'zod';
import { currentMode } from '../api/mode.ts';
import { Button } from './button.tsx';
import { messageOf } from './card.tsx';
import { useToast } from './toast.tsx';

/** Fetches a file by an address of the API, in the mode that is switched on, and hands it to the browser. */
export function DownloadButton({ label, href, name }: { label: string; href: string; name: string }): ReactNode {
  const [busy, setBusy] = useState(false);
  const toast = useToast();
  const download = async (): Promise<void> => {
    setBusy(true);
    try {
      const response = await fetch(href, {
        headers: { 'x-gateway-app': '1', ...(currentMode() === 'test' ? { 'x-gateway-mode': 'test' } : {}) },
      });
      if (!response.ok) throw new Error(await refusalIn(response));
      const url = URL.createObjectURL(await response.blob());
      const link = document.createElement('a');
      link.href = url;
      link.download = name;
      link.click();
      URL.revokeObjectURL(url);
    } catch (error) {
      toast({ text: messageOf(error) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button disabled={busy} onClick={() => void download()}>
      {label}
    </Button>
  );
}

const refusal = z.object({ error: z.object({ message: z.string() }) });

/** The API's own words. */
async function refusalIn(response: Response): Promise<string> {
  const body = refusal.safeParse(await response.json().catch(() => undefined));
  return body.data?.error.message ?? 'The file could not be made. Try again.';
}
