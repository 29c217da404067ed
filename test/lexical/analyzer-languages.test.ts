import { describe, expect, test } from "vitest";
import { createAnalyzer, type AnalyzerLanguage } from "../../src/lexical/analyzer.ts";
import { languages } from "../../src/lexical/languages.ts";
import { RetrievalError } from "../../src/errors.ts";

const names = Object.keys(languages).filter((name): name is AnalyzerLanguage =>
  Object.hasOwn(languages, name),
);
const inLanguage = (language: AnalyzerLanguage, text: string) =>
  createAnalyzer({ language }).analyze(text);

/**
 * From the reference implementation (PyPI snowballstemmer 3.0.1):
 * `python -c "import snowballstemmer; print(snowballstemmer.stemmer('danish').stemWord('husene'))"`,
 * with `porter` for English; accents are then folded in French, Italian, Portuguese and Spanish, and
 * Romanian has its cedillas.
 */
const stems = [
  ["arabic", "الكتاب والمدارس مكتبات", "كتاب والمدارس مكتبا"],
  ["danish", "husene kvinderne bøgerne", "hus kvind bøg"],
  ["dutch", "fietsen", "fiets"],
  ["english", "adoption running connections relational", "adopt run connect relat"],
  ["finnish", "taloissa kirjojen omenat", "talo kirj omen"],
  ["french", "continuellement maisons chevaux élèves", "continuel maison cheval elev"],
  ["german", "häuser bücher freundlichkeit", "haus buch freundlich"],
  ["hungarian", "házakban könyvek embereknek", "ház könyv ember"],
  ["italian", "nazionali bellissime università", "nazional bellissim univers"],
  ["norwegian", "husene kvinnene bøkene", "hus kvinn bøk"],
  ["portuguese", "nacionalmente corações livros", "nacional coraco livr"],
  ["romanian", "cărțile frumoasele națiunilor", "cărţ frumoas naţiun"],
  ["russian", "книгами красивая домов", "книг красив дом"],
  ["spanish", "rápidamente canciones niños", "rapid cancion nin"],
  ["swedish", "husen flickorna böckerna", "hus flick böck"],
  ["turkish", "kitaplarım evlerinden çocuklar", "kitap ev çocuk"],
] as const;

test.each(stems)("%s words lose their endings as Snowball has it", (language, text, expected) => {
  expect(inLanguage(language, text).join(" ")).toBe(expected);
});

test("every language but none has a golden case", () => {
  expect(["none", ...stems.map(([language]) => language)].toSorted()).toEqual(
    Object.keys(languages).toSorted(),
  );
});

test.each(names)("no stop word of %s is a term", (language) => {
  const { stopWords } = languages[language];
  expect(stopWords.flatMap((word) => inLanguage(language, word))).toEqual([]);
});

describe("what a language does differently", () => {
  test("none keeps stop words, endings and accents", () => {
    expect(inLanguage("none", "The Cafés of Málaga")).toEqual(["the", "cafés", "of", "málaga"]);
  });

  test("French takes articles off and does not need its accents", () => {
    expect(inLanguage("french", "L'élève d'aujourd’hui")).toContain("elev");
    expect(inLanguage("french", "eleve")).toEqual(inLanguage("french", "l’élève"));
  });

  test("Swedish ö is not o, German ü is u, and English takes both for accents", () => {
    expect(inLanguage("swedish", "kön")).not.toEqual(inLanguage("swedish", "kon"));
    expect(inLanguage("german", "Bücher")).toEqual(inLanguage("german", "Buch"));
    expect(inLanguage("english", "Zürich Malmö")).toEqual(["zurich", "malmo"]);
  });

  test("the accent of a French ending tells the stemmer what to take off", () => {
    expect(inLanguage("french", "sécurité arrivée")).toEqual(["secur", "arriv"]);
  });

  test("a word that is an ending and nothing else stays as it is", () => {
    expect(inLanguage("turkish", "ları leri")).toEqual(["ları", "leri"]);
  });

  test("Turkish capitals are right, and codes do not turn Turkish", () => {
    expect(inLanguage("turkish", "IŞIK")).toEqual(inLanguage("turkish", "ışık"));
    expect(inLanguage("turkish", "İZMİR")).toEqual(inLanguage("turkish", "izmir"));
    expect(inLanguage("turkish", "INT8")).toContain("int8");
  });

  test("Romanian letters with a comma and with a cedilla are the same", () => {
    expect(inLanguage("romanian", "naţiune")).toEqual(inLanguage("romanian", "națiune"));
  });

  test("in Cyrillic an apostrophe belongs to the word", () => {
    expect(inLanguage("none", "м’ята")).toEqual(["мята"]);
  });
});

describe("name", () => {
  test("differs for every language and is the same for the same options", () => {
    const given = names.map((language) => createAnalyzer({ language }).name);
    expect(new Set(given).size).toBe(names.length);
    expect(createAnalyzer().name).toBe(createAnalyzer({ language: "english" }).name);
    expect(createAnalyzer({ language: undefined }).name).toBe(createAnalyzer().name);
  });

  test.each(["klingon", "", "__proto__", "toString"])("refuses %j by name", (language) => {
    // @ts-expect-error -- what plain JavaScript may pass
    const create = () => createAnalyzer({ language });
    expect(create).toThrow(RetrievalError);
    expect(create).toThrow(/one of arabic, danish.*none/);
  });
});
