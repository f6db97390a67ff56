/** The member `name` of spans and events, kept as text per name: a program has few, and telling that one needs no escape takes longer. */
import { quotable } from "./json.ts";
import { flat } from "./key-prefix.ts";

const maxNames = 256;
const maxNameLength = 64;
/** Where names are made up, room is made only now and then: keeping a name takes ten times as long as writing it. */
const strangersPerClearing = 4096;
const members = new Map<string, string>();
let strangers = 0;

/** `","name":"…`: ends the string before it and leaves its own to be ended, so that they are one piece of text with what stands around them. */
export const nameMember = (name: string): string =>
  name.length > maxNameLength ? member(name) : (members.get(name) ?? newMember(name));

const member = (name: string): string => `","name":"${quotable(name)}`;

function newMember(name: string): string {
  if (members.size === maxNames) {
    if (++strangers % strangersPerClearing !== 0) return member(name);
    members.clear();
  }
  const kept = flat(member(name));
  members.set(flat(name), kept);
  return kept;
}
