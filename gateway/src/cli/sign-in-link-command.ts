import { linkForAddress } from '../people/link-for-address.ts';
import { urlForPeople } from '../people/sign-in-link.ts';
import { command } from './command.ts';
import { withDatabase } from './with-database.ts';

export const signInLinkCommand = command({
  name: 'sign-in-link',
  summary: 'prints a link that signs a person in',
  help: 'For people who are locked out, without a mail server too: the link works once, for 15 minutes, and asks for no password and no second factor. While nobody has signed in yet, it makes the first person, who owns the first workspace and is the operator. May run beside the gateway.',
  argument: { value: 'ADDRESS', help: 'the e-mail address of the person' },
  options: {},
  run: ({ argument }, { print, tell }) =>
    withDatabase(async (pool, config) => {
      const url = await linkForAddress(pool, { address: argument, baseUrl: urlForPeople(config) });
      if (url === undefined) {
        tell(`No person has the address ${argument}. An owner can invite them.`);
        return false;
      }
      print(url);
      return true;
    }),
});
