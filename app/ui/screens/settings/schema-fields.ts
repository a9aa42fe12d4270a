/** The fields of a form, from the JSON Schema of a catalog source. Unknown properties stay unchanged. Pure. */

type FieldKind = 'texts' | 'text' | 'number' | 'boolean';

export interface SchemaField {
  readonly name: string;
  readonly title: string;
  readonly description: string | undefined;
  readonly kind: FieldKind;
}

export function fieldsOf(schema: unknown): readonly SchemaField[] {
  const properties = recordOf(recordOf(schema)?.['properties']);
  return Object.entries(properties ?? {}).flatMap(([name, value]) => {
    const property = recordOf(value);
    const kind = property && kindOf(property);
    if (!kind) return [];
    return [{ name, title: textOf(property['title']) ?? name, description: textOf(property['description']), kind }];
  });
}

function kindOf(property: Readonly<Record<string, unknown>>): FieldKind | undefined {
  switch (property['type']) {
    case 'string':
      return 'text';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'array':
      return recordOf(property['items'])?.['type'] === 'string' ? 'texts' : undefined;
    default:
      return undefined;
  }
}

/** The text for the field. Lists have one entry per line. */
export function fieldText(field: SchemaField, configuration: unknown): string {
  const value = recordOf(configuration)?.[field.name];
  if (Array.isArray(value)) return value.filter((entry) => typeof entry === 'string').join('\n');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The configuration with one answer changed; an empty answer is left out, an empty list is a list. */
export function withAnswer(
  configuration: unknown,
  field: SchemaField,
  answer: string | boolean,
): Record<string, unknown> {
  const { [field.name]: _, ...rest } = recordOf(configuration) ?? {};
  const value = valueOf(field, answer);
  return value === undefined ? rest : { ...rest, [field.name]: value };
}

function valueOf({ kind }: SchemaField, answer: string | boolean): unknown {
  if (typeof answer === 'boolean') return answer;
  if (kind === 'texts')
    return answer
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  const text = answer.trim();
  if (text === '') return undefined;
  // Text that is no number is passed on; the core explains the error.
  return kind === 'number' && Number.isFinite(Number(text.replace(',', '.'))) ? Number(text.replace(',', '.')) : text;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
