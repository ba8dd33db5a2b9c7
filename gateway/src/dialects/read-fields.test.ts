import { describe, expect, it } from 'vitest';
import { readDataUrl } from './read-fields.ts';

describe('a data URL', () => {
  it.each([
    ['data:image/png;base64,aGk=', 'image/png'],
    ['data:IMAGE/PNG;base64,aGk=', 'image/png'],
    ['data:image/jpg;base64,aGk=', 'image/jpeg'],
    ['data:image/JPG;charset=x;base64,aGk=', 'image/jpeg'],
    ['data:application/pdf;base64,aGk=', 'application/pdf'],
  ])('says its type as every provider knows it: %s', (url, mediaType) => {
    expect(readDataUrl(url)).toEqual({ mediaType, data: 'aGk=' });
  });

  it.each(['data:image/png,hi', 'data:,hi', 'https://example.com/cat.jpg'])('is none: %s', (url) => {
    expect(readDataUrl(url)).toBeUndefined();
  });
});
