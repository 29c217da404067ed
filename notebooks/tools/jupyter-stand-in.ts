/** What a lab uses of the kernel's `Deno.jupyter`, for one that runs without it: shows things as text. */
const jupyter = {
  broadcast: async (
    _type: string,
    { data }: { readonly data: Readonly<Record<string, string>> },
  ): Promise<void> => {
    for (const [type, content] of Object.entries(data)) {
      if (type !== "text/html") {
        console.log("(a plot)");
        continue;
      }
      const hole = /\b(?:undefined|NaN|\[object Object\])/.exec(content);
      if (hole) throw new Error(`Expected to show values, got ${hole[0]} in ${content}`);
      console.log(textOf(content));
    }
  },
};

// Deno refuses to replace it in place.
Object.defineProperty(globalThis, "Deno", {
  value: Object.create(Reflect.get(globalThis, "Deno"), { jupyter: { value: jupyter } }),
});

function textOf(html: string): string {
  return html
    .replaceAll(/<\/tr>/g, "\n")
    .replaceAll(/<\/t[dh]>/g, "\t")
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&amp;", "&");
}
