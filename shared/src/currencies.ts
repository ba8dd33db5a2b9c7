/*
 * The currencies of invoices.
 *
 * ```ts
 * import { currencyDigits, isCurrency } from '@ai-gateway/shared/currencies';
 *
 * console.log(isCurrency('EUR'), isCurrency('DEM')); // true false
 * console.log(currencyDigits('EUR'), currencyDigits('JPY')); // 2 0
 * ```
 */

/**
 * The currencies of ISO 4217 in use on 2026-01-01 (list one of the SIX maintenance agency; without funds, metals and test
 * codes). `Intl` keeps withdrawn ones and its own decimals: none for the Hungarian forint, for which ISO says two.
 */
const codes =
  'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC ' +
  'CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ' +
  'ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK ' +
  'MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE ' +
  'SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF ' +
  'XPF YER ZAR ZMW ZWG';

const currencies: ReadonlySet<string> = new Set(codes.split(' '));

export function isCurrency(code: string): boolean {
  return currencies.has(code);
}

const digits: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
};
const digitsOf = new Map(
  Object.entries(digits).flatMap(([count, list]) => list.split(' ').map((code) => [code, Number(count)] as const)),
);

/** How many decimals the currency's smallest unit has: no hundredths of a yen, three decimals of a dinar. */
export function currencyDigits(code: string): number {
  return digitsOf.get(code) ?? 2;
}
