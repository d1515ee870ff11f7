import { Button, Select, Textarea, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Fields, Group, More } from '../sheet/cards.tsx';
import { AddButtons, DeviceGroup } from '../sheet/device-group.tsx';
import { SwitchField } from '../sheet/switch-field.tsx';
import type { FirstBootProps } from './first-boot-section.tsx';
import { PackageSources } from './package-sources.tsx';
import { saidAt } from './problems.ts';

/** What else the image is told: software, files, address, Puppet, its own YAML. */
export function FirstBootMore({ part, set }: FirstBootProps) {
  const { t } = useTranslation('create');
  return (
    <>
      <Software part={part} set={set} />
      <More title={t('firstBoot.address')}>
        <Address part={part} set={set} />
      </More>
      <More title={t('firstBoot.puppetTitle')}>
        <Puppet part={part} set={set} />
      </More>
      <More title={t('firstBoot.yamlTitle')}>
        <Textarea
          size="xs"
          label={t('firstBoot.yaml')}
          description={t('firstBoot.yamlHelp')}
          value={part.form.firstBoot.yaml}
          autosize
          minRows={5}
          maxRows={20}
          spellCheck={false}
          error={saidAt(part.problems, 'source.cloudInit.yaml')}
          styles={{ input: { fontFamily: 'var(--mono)' } }}
          onChange={(event) => set({ yaml: event.currentTarget.value })}
        />
      </More>
    </>
  );
}

function Software({ part, set }: FirstBootProps) {
  const { t } = useTranslation('create');
  const { firstBoot } = part.form;
  return (
    <Group title={t('firstBoot.software')}>
      <TextInput
        label={t('firstBoot.packages')}
        description={t('firstBoot.packagesHelp')}
        value={firstBoot.packages}
        error={saidAt(part.problems, 'source.cloudInit.packages')}
        spellCheck={false}
        onChange={(event) => set({ packages: event.currentTarget.value })}
      />
      <SwitchField
        label={t('firstBoot.update')}
        checked={firstBoot.packageUpdate}
        onChange={(packageUpdate) => set({ packageUpdate })}
      />
      <PackageSources part={part} set={set} />
      <Textarea
        size="xs"
        label={t('firstBoot.commands')}
        description={t('firstBoot.commandsHelp')}
        value={firstBoot.commands}
        autosize
        minRows={2}
        maxRows={12}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mono)' } }}
        onChange={(event) => set({ commands: event.currentTarget.value })}
      />
      <Files part={part} set={set} />
    </Group>
  );
}

function Files({ part, set }: FirstBootProps) {
  const { t } = useTranslation('create');
  const { files } = part.form.firstBoot;
  return (
    <>
      {files.map((file, index) => (
        <DeviceGroup
          key={index}
          title={t('firstBoot.file', { number: index + 1 })}
          removeLabel={t('firstBoot.removeFile', { number: index + 1 })}
          onRemove={() => set({ files: files.filter((_, at) => at !== index) })}
        >
          <TextInput
            label={t('firstBoot.filePath')}
            value={file.path}
            error={saidAt(part.problems, `source.cloudInit.files.${index}`)}
            spellCheck={false}
            onChange={(event) =>
              set({ files: files.with(index, { ...file, path: event.currentTarget.value }) })
            }
          />
          <Textarea
            size="xs"
            label={t('firstBoot.fileContent')}
            value={file.content}
            autosize
            minRows={3}
            maxRows={16}
            spellCheck={false}
            styles={{ input: { fontFamily: 'var(--mono)' } }}
            onChange={(event) =>
              set({ files: files.with(index, { ...file, content: event.currentTarget.value }) })
            }
          />
        </DeviceGroup>
      ))}
      <AddButtons>
        <Button
          leftSection={<IconPlus size={14} />}
          onClick={() => set({ files: [...files, { path: '/etc/', content: '', mode: null }] })}
        >
          {t('firstBoot.addFile')}
        </Button>
      </AddButtons>
    </>
  );
}

function Address({ part, set }: FirstBootProps) {
  const { t } = useTranslation('create');
  const { firstBoot } = part.form;
  return (
    <>
      <Fields>
        <TextInput
          label={t('firstBoot.hostname')}
          placeholder={part.name}
          value={firstBoot.hostname}
          spellCheck={false}
          onChange={(event) => set({ hostname: event.currentTarget.value })}
        />
        <TextInput
          label={t('firstBoot.timezone')}
          placeholder="Europe/Berlin"
          value={firstBoot.timezone}
          spellCheck={false}
          onChange={(event) => set({ timezone: event.currentTarget.value })}
        />
        <TextInput
          label={t('firstBoot.locale')}
          placeholder="en_US.UTF-8"
          value={firstBoot.locale}
          spellCheck={false}
          onChange={(event) => set({ locale: event.currentTarget.value })}
        />
      </Fields>
      <SwitchField
        label={t('firstBoot.fixed')}
        description={t('firstBoot.fixedHelp')}
        checked={firstBoot.fixedAddress}
        onChange={(fixedAddress) => set({ fixedAddress })}
      />
      {firstBoot.fixedAddress && (
        <Fields>
          <TextInput
            label={t('firstBoot.addresses')}
            placeholder="192.0.2.10/24"
            value={firstBoot.addresses}
            error={saidAt(part.problems, 'source.cloudInit.network', true)}
            spellCheck={false}
            onChange={(event) => set({ addresses: event.currentTarget.value })}
          />
          <TextInput
            label={t('firstBoot.gateway')}
            placeholder="192.0.2.1"
            value={firstBoot.gateway}
            spellCheck={false}
            onChange={(event) => set({ gateway: event.currentTarget.value })}
          />
          <TextInput
            label={t('firstBoot.nameservers')}
            placeholder="192.0.2.1"
            value={firstBoot.nameservers}
            spellCheck={false}
            onChange={(event) => set({ nameservers: event.currentTarget.value })}
          />
        </Fields>
      )}
    </>
  );
}

function Puppet({ part, set }: FirstBootProps) {
  const { t } = useTranslation('create');
  const { firstBoot } = part.form;
  return (
    <>
      <SwitchField
        label={t('firstBoot.puppet')}
        checked={firstBoot.puppet}
        onChange={(puppet) => set({ puppet })}
      />
      {firstBoot.puppet && (
        <Fields>
          <TextInput
            label={t('firstBoot.puppetServer')}
            value={firstBoot.puppetServer}
            error={saidAt(part.problems, 'source.cloudInit.puppet', true)}
            spellCheck={false}
            onChange={(event) => set({ puppetServer: event.currentTarget.value })}
          />
          <TextInput
            label={t('firstBoot.puppetEnvironment')}
            placeholder="production"
            value={firstBoot.puppetEnvironment}
            spellCheck={false}
            onChange={(event) => set({ puppetEnvironment: event.currentTarget.value })}
          />
          <Select
            label={t('firstBoot.puppetInstall')}
            allowDeselect={false}
            data={(['packages', 'aio'] as const).map((value) => ({
              value,
              label: t(`firstBoot.puppetInstallName.${value}`),
            }))}
            value={firstBoot.puppetInstall}
            onChange={(value) => set({ puppetInstall: value === 'aio' ? 'aio' : 'packages' })}
          />
        </Fields>
      )}
    </>
  );
}
