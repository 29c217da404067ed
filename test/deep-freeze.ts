/** The same value, frozen through and through: code under test that changes its input throws. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    for (const part of value.values()) deepFreeze(part);
    Object.assign(value, { set: refuse, delete: refuse, clear: refuse });
  }
  for (const key of Reflect.ownKeys(value)) deepFreeze(Reflect.get(value, key));
  return Object.freeze(value);
}

/** `Object.freeze` alone leaves what a Map holds open. */
function refuse(): never {
  throw new TypeError("This map is frozen.");
}
