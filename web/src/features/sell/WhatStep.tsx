import type { Category } from '@/api/types'
import { t } from '@/strings/t'
import { Check, Field, Select, TextField } from '@/ui/Field'
import { attributeFields, type Draft, type Faults } from './draft'

interface Props {
  draft: Draft
  change: (changes: Partial<Draft>) => void
  categories: Category[]
  faults: Faults
}

const CONDITIONS = [
  ['new', t('condition.new')],
  ['used', t('condition.used')],
  ['refurbished', t('condition.refurbished')],
] as const

/** What it is. */
export function WhatStep({ draft, change, categories, faults }: Props) {
  const fields = attributeFields(categories.find(one => one.slug === draft.category))
  const setAttribute = (name: string, value: string) =>
    change({ attributes: { ...draft.attributes, [name]: value } })
  const toggle = (way: 'shipping' | 'meetup') =>
    change({
      fulfilment: draft.fulfilment.includes(way)
        ? draft.fulfilment.filter(one => one !== way)
        : [...draft.fulfilment, way],
    })
  return (
    <div className="grid gap-6">
      <Field
        label={t('sell.name')}
        hint={t('sell.nameHint')}
        value={draft.title}
        maxLength={140}
        onChange={event => change({ title: event.target.value })}
        error={faults.title}
      />
      <div className="grid gap-6 sm:grid-cols-2">
        <Select
          label={t('sell.category')}
          value={draft.category}
          onChange={event => change({ category: event.target.value, attributes: {} })}
          options={[
            ['', t('sell.categoryChoose')] as const,
            ...categories.map(one => [one.slug, one.name] as const),
          ]}
          error={faults.category}
        />
        <Select
          label={t('sell.condition')}
          value={draft.condition}
          onChange={event => change({ condition: event.target.value as Draft['condition'] })}
          options={CONDITIONS}
          error={faults.condition}
        />
      </div>
      <TextField
        label={t('sell.description')}
        hint={t('sell.descriptionHint')}
        value={draft.description}
        maxLength={10_000}
        onChange={event => change({ description: event.target.value })}
        error={faults.description}
      />
      {fields.length > 0 && (
        <fieldset className="grid gap-5 rounded-2xl bg-sunken p-5 sm:grid-cols-2">
          <legend className="sr-only">{t('sell.details')}</legend>
          {fields.map(field => {
            const label = field.isRequired
              ? upper(field.label)
              : `${upper(field.label)} (${t('sell.optional')})`
            const value = draft.attributes[field.name] ?? ''
            const error = faults[`attributes/${field.name}`]
            if (field.kind === 'choice') {
              return (
                <Select
                  key={field.name}
                  label={label}
                  value={value}
                  onChange={event => setAttribute(field.name, event.target.value)}
                  options={[
                    ['', t('sell.categoryChoose')] as const,
                    ...field.choices.map(one => [one, upper(one)] as const),
                  ]}
                  error={error}
                />
              )
            }
            return (
              <Field
                key={field.name}
                label={label}
                value={value}
                inputMode={field.kind === 'number' ? 'decimal' : 'text'}
                onChange={event => setAttribute(field.name, event.target.value)}
                error={error}
              />
            )
          })}
        </fieldset>
      )}
      <fieldset className="grid gap-3">
        <legend className="mb-3 text-sm font-semibold">{t('sell.handover')}</legend>
        <Check checked={draft.fulfilment.includes('shipping')} onChange={() => toggle('shipping')}>
          {t('sell.shipping')}
        </Check>
        <Check checked={draft.fulfilment.includes('meetup')} onChange={() => toggle('meetup')}>
          {t('sell.meetup')}
        </Check>
        {faults.fulfilment && (
          <p role="alert" className="text-sm font-medium text-bad">
            {faults.fulfilment}
          </p>
        )}
      </fieldset>
    </div>
  )
}

const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
