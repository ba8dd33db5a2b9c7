import { commonPasswords, commonWords } from './common-passwords.ts';

const charactersMin = 10;
/** Signs that people write in the place of letters. */
const letters: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};
/** A word with a year and a sign is still that word to a guesser. */
const addedMax = 6;

/** Says why a password is too easy to guess, as a sentence for its owner. Undefined where it is not. */
export function passwordFault(password: string, { email }: { email: string }): string | undefined {
  const text = password.normalize('NFKC').toLowerCase();
  const characters = [...text];
  if (characters.length < charactersMin) return `The password needs ${charactersMin} characters or more.`;
  if (new Set(characters).size < 5 || isSequence(characters))
    return 'The password repeats a few characters. Choose one that is harder to guess.';
  if (isCommon(text))
    return 'The password is on the list of common passwords. Choose another: three random words are good.';
  const [name = ''] = email.toLowerCase().split('@');
  if (name.length >= 4 && text.includes(name) && characters.length - name.length <= addedMax)
    return 'The password is your address with little added. Choose another.';
  return undefined;
}

function isCommon(text: string): boolean {
  if (commonPasswords.has(text)) return true;
  return [text, text.replace(/[^a-z](?=.*[a-z])/g, (sign) => letters[sign] ?? sign)].some((spelled) => {
    const word = spelled.replace(/^[^a-z]+|[^a-z]+$/g, '');
    return commonWords.has(word) && text.length - word.length <= addedMax;
  });
}

/** `abcdefghij`, `9876543210` */
function isSequence(characters: readonly string[]): boolean {
  const codes = characters.map((character) => character.codePointAt(0) ?? 0);
  const steps = new Set(codes.slice(1).map((code, at) => code - (codes[at] ?? 0)));
  return steps.size === 1 || (steps.size === 2 && steps.has(-9)) || (steps.size === 2 && steps.has(9));
}
