/** The words of an invoice, in the languages it comes in; others read it in English. */
export interface InvoiceWords {
  invoice: string;
  creditNote: string;
  number: string;
  issued: string;
  due: string;
  period: string;
  credits: string;
  from: string;
  to: string;
  taxId: string;
  description: string;
  usage: string;
  otherModels: string;
  calls: string;
  input: string;
  output: string;
  amount: string;
  subtotal: string;
  tax: string;
  total: string;
  totalCredited: string;
  pay: string;
  isVoid: string;
  test: string;
  testNote: string;
  pdf: string;
  /** The word before the number of a page, between it and the number of all pages, and after that. */
  page: string;
  pageOf: string;
  pageEnd: string;
}

type Row = [keyof InvoiceWords, string, string, string, string, string, string, string, string];

const rows: readonly Row[] = [
  ['invoice', 'Invoice', 'Rechnung', 'Facture', 'Factura', 'Fattura', 'Factuur', 'Fatura', '請求書'],
  [
    'creditNote',
    'Credit note',
    'Gutschrift',
    'Avoir',
    'Nota de crédito',
    'Nota di credito',
    'Creditnota',
    'Nota de crédito',
    '赤伝票',
  ],
  ['number', 'Number', 'Nummer', 'Numéro', 'Número', 'Numero', 'Nummer', 'Número', '番号'],
  ['issued', 'Date', 'Datum', 'Date', 'Fecha', 'Data', 'Datum', 'Data', '発行日'],
  ['due', 'Due', 'Fällig am', 'Échéance', 'Vencimiento', 'Scadenza', 'Vervaldatum', 'Vencimento', '支払期限'],
  ['period', 'Service period', 'Leistungszeitraum', 'Période', 'Período', 'Periodo', 'Periode', 'Período', '対象期間'],
  [
    'credits',
    'Credits invoice',
    'Zu Rechnung',
    'Annule la facture',
    'Anula la factura',
    'Annulla la fattura',
    'Crediteert factuur',
    'Anula a fatura',
    '対象請求書',
  ],
  ['from', 'From', 'Von', 'Émetteur', 'De', 'Da', 'Van', 'De', '発行者'],
  ['to', 'Bill to', 'An', 'Facturé à', 'Facturar a', 'Fatturato a', 'Aan', 'Faturado a', '請求先'],
  ['taxId', 'Tax ID', 'USt-IdNr.', 'N° TVA', 'NIF/IVA', 'P. IVA', 'Btw-nummer', 'NIF', '登録番号'],
  [
    'description',
    'Description',
    'Beschreibung',
    'Désignation',
    'Descripción',
    'Descrizione',
    'Omschrijving',
    'Descrição',
    '内容',
  ],
  [
    'usage',
    'AI usage',
    'KI-Nutzung',
    'Utilisation d’IA',
    'Uso de IA',
    'Utilizzo IA',
    'AI-gebruik',
    'Utilização de IA',
    'AI利用料',
  ],
  [
    'otherModels',
    'other models',
    'weitere Modelle',
    'autres modèles',
    'otros modelos',
    'altri modelli',
    'andere modellen',
    'outros modelos',
    'その他のモデル',
  ],
  ['calls', 'Calls', 'Aufrufe', 'Appels', 'Llamadas', 'Chiamate', 'Aanroepen', 'Chamadas', '回数'],
  [
    'input',
    'Input tokens',
    'Eingabe-Token',
    'Jetons d’entrée',
    'Tokens entrada',
    'Token input',
    'Invoertokens',
    'Tokens entrada',
    '入力トークン',
  ],
  [
    'output',
    'Output tokens',
    'Ausgabe-Token',
    'Jetons de sortie',
    'Tokens salida',
    'Token output',
    'Uitvoertokens',
    'Tokens saída',
    '出力トークン',
  ],
  ['amount', 'Amount', 'Betrag', 'Montant', 'Importe', 'Importo', 'Bedrag', 'Valor', '金額'],
  ['subtotal', 'Subtotal', 'Zwischensumme', 'Total HT', 'Subtotal', 'Imponibile', 'Subtotaal', 'Subtotal', '小計'],
  ['tax', 'Tax', 'USt.', 'TVA', 'IVA', 'IVA', 'Btw', 'IVA', '消費税'],
  ['total', 'Total due', 'Gesamtbetrag', 'Total TTC', 'Total', 'Totale', 'Totaal', 'Total', '合計'],
  [
    'totalCredited',
    'Total credited',
    'Gutgeschriebener Betrag',
    'Total crédité',
    'Total abonado',
    'Totale accreditato',
    'Totaal gecrediteerd',
    'Total creditado',
    '返金合計',
  ],
  [
    'pay',
    'Payment details',
    'Bankverbindung',
    'Coordonnées bancaires',
    'Datos bancarios',
    'Coordinate bancarie',
    'Betaalgegevens',
    'Dados bancários',
    '振込先',
  ],
  ['isVoid', 'Void', 'Storniert', 'Annulée', 'Anulada', 'Annullata', 'Vervallen', 'Anulada', '無効'],
  ['test', 'TEST', 'TEST', 'TEST', 'TEST', 'TEST', 'TEST', 'TEST', 'TEST'],
  [
    'testNote',
    'Made in test mode. Not a real invoice: nothing is due.',
    'Im Testmodus erstellt. Keine echte Rechnung: es ist nichts zu zahlen.',
    'Créée en mode test. Ce n’est pas une vraie facture : rien n’est dû.',
    'Creada en modo de prueba. No es una factura real: no hay nada que pagar.',
    'Creata in modalità di prova. Non è una vera fattura: nulla è dovuto.',
    'Gemaakt in testmodus. Geen echte factuur: er is niets verschuldigd.',
    'Criada em modo de teste. Não é uma fatura real: nada é devido.',
    'テストモードで作成。実際の請求書ではありません。',
  ],
  [
    'pdf',
    'Download PDF',
    'PDF herunterladen',
    'Télécharger le PDF',
    'Descargar PDF',
    'Scarica PDF',
    'PDF downloaden',
    'Descarregar PDF',
    'PDFをダウンロード',
  ],
  ['page', 'Page ', 'Seite ', 'Page ', 'Página ', 'Pagina ', 'Pagina ', 'Página ', ''],
  ['pageOf', ' of ', ' von ', ' sur ', ' de ', ' di ', ' van ', ' de ', ' / '],
  ['pageEnd', '', '', '', '', '', '', '', ' ページ'],
];

const languages = ['en', 'de', 'fr', 'es', 'it', 'nl', 'pt', 'ja'] as const;

const words = new Map<string, InvoiceWords>(
  languages.map((language, i) => [
    language,
    Object.fromEntries(rows.map(([name, ...texts]) => [name, texts[i] ?? texts[0]])) as unknown as InvoiceWords,
  ]),
);
const english = words.get('en') as InvoiceWords;

/** The words of a document for a locale; `language` is the language that they are in (English where there is none for it). */
export function wordsFor(locale: string): { language: string; words: InvoiceWords } {
  const language = locale.split('-')[0]?.toLowerCase() ?? 'en';
  const found = words.get(language);
  return found === undefined ? { language: 'en', words: english } : { language, words: found };
}
