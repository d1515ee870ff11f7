export { DEFAULT_LIMITS, type XmlLimits } from './bounds.ts';
export { XmlDocument } from './document.ts';
export { XmlElement, type XmlChild, type XmlLeaf } from './element.ts';
export { XmlError } from './errors.ts';
export { writeNewElement, type NewElement } from './fragment.ts';
export { parseXml } from './parse.ts';
export { encodeAttribute, encodeText } from './text.ts';
