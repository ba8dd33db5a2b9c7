import { z } from 'zod';
import { domainName } from './domains.ts';
import { email } from './members.ts';

const about = {
  branding: { title: 'Branding', description: 'The look of the portal, of invoices and of e-mails.' },
  name: {
    title: 'Brand name',
    description: 'The name in the portal, on invoices and in e-mails. Default: the name of the workspace.',
  },
  logo: {
    title: 'Logo',
    description:
      'A PNG, JPEG or WebP of at most 200 kB, as a data URL. PDF files show PNG and JPEG. The https address of a picture is shown on the pages of invoices only.',
  },
  accent: {
    title: 'Accent',
    description:
      'A colour such as #1a56db. Where text in it would be hard to read, a darker or lighter one is shown in its place.',
  },
  note: {
    title: 'Accent note',
    description: 'After a change to a colour that is hard to read: its contrast, and the colour shown in its place.',
  },
  reply: { title: 'Reply-to', description: 'Answers to e-mails of the gateway go to this address.' },
  host: {
    title: 'Host name',
    description:
      'A host name of your own for the portal, such as ai.agency.example. Verify its domain first. Live mode only.',
  },
} as const;

const logoBytesMost = 200_000;
/** Of a logo that the workspace does not have yet. */
export const logoFault = 'must be a data URL of a PNG, JPEG or WebP image in base64, or an https address of one';

/** As the workspace shows it. */
export const branding = z
  .object({
    name: z.string().nullable().meta(about.name),
    logo: z.string().nullable().meta(about.logo),
    accent: z.string().nullable().meta(about.accent),
    accent_note: z.string().optional().meta(about.note),
    reply_to: z.string().nullable().meta(about.reply),
    host: z.string().nullable().meta(about.host),
  })
  .meta(about.branding);

export const brandingInput = z
  .strictObject({
    name: z
      .string()
      .trim()
      .max(100)
      .refine((name) => !/\p{C}/u.test(name), 'must be one line without invisible characters')
      .transform((name) => (name === '' ? null : name))
      .nullable()
      .optional()
      .meta(about.name),
    logo: z
      .string()
      .trim()
      .max(280_000)
      .refine((logo) => isPicture(logo) || isDrawing(logo), logoFault)
      .refine((logo) => isDrawing(logo) || bytesOf(logo) <= logoBytesMost, 'must have at most 200 kB')
      .nullable()
      .optional()
      .meta(about.logo),
    accent: z
      .string()
      .regex(/^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/, 'must be a colour such as #1a56db')
      .nullable()
      .optional()
      .meta(about.accent),
    accent_note: z.string().max(500).optional().meta({
      title: about.note.title,
      description: 'Ignored, so that the answer to a change can be sent back.',
    }),
    reply_to: email.nullable().optional().meta(about.reply),
    host: domainName.nullable().optional().meta(about.host),
  })
  .meta(about.branding);

export const brandingSample = {
  name: null,
  logo: null,
  accent: '#1a56db',
  reply_to: 'billing@agency.example',
  host: null,
};

/** Earlier versions took these. A workspace that has one may send it back; as a new logo it is refused. */
export function isDrawing(logo: string): boolean {
  if (/^data:image\/(gif|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$/.test(logo)) return true;
  return isAddress(logo) && /\.svgz?$/i.test(new URL(logo).pathname);
}

/** No SVG: a drawing may hold scripts and addresses of its own. */
function isPicture(logo: string): boolean {
  if (/^data:image\/(png|jpeg|webp);base64,[A-Za-z0-9+/]+={0,2}$/.test(logo)) return true;
  return isAddress(logo) && !isDrawing(logo);
}

function isAddress(logo: string): boolean {
  return logo.length <= 2_000 && URL.canParse(logo) && new URL(logo).protocol === 'https:';
}

function bytesOf(logo: string): number {
  const base64 = logo.slice(logo.indexOf(',') + 1);
  return Math.floor((base64.replace(/=+$/, '').length * 3) / 4);
}
