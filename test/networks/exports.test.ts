/** Exports in the layouts that the programs document, with networks of our own. */
import { afterEach, describe, expect, it } from 'vitest';
import { readNetworks } from '../../src/networks/read-networks.js';
import { fileOf, removeFiles, rows } from './support.js';

afterEach(removeFiles);

const read = (text: string) => readNetworks(fileOf(text));

describe('an export of NetBox', () => {
  it('is all data of prefixes (4.6)', () => {
    // The VRF comes from a template that leaves white space and line breaks.
    const file = read(
      'ID,Prefix,Prefix (Flat),Status,Children,VRF,Utilization,Tenant,Tenant Group,Scope,Scope Type,' +
        'VLAN Group,VLAN,Role,Pool,Marked Utilized,Description,Contacts,Comments,Tags,Created,Last updated,' +
        'Owner Group,Owner,Depth,Cost center\r\n' +
        '1,10.1.0.0/16,10.1.0.0/16,Container,2,"\n\n    Global\n\n",12.5%,Acme,,Berlin,dcim.site,,,,' +
        'False,False,Offices,,,,2026-01-01T00:00:00+00:00,2026-01-01T00:00:00+00:00,,,0,\r\n' +
        '2,10.1.2.0/24,10.1.2.0/24,Active,0,"\n\n    Global\n\n",3.1%,Acme,,Berlin,dcim.site,Floors,' +
        'Accounting (20),Users,False,False,Accounting,,"# Notes\n\na ""b""",a,2026-01-01,,,,1,4711\r\n' +
        '3,2001:db8:1::/48,2001:db8:1::/48,Active,0,"\n\n    Blue (65000:1)\n\n",0%,,,,,,Lab (30),,' +
        'False,False,,,,,2026-01-01,,,,0,\r\n' +
        '4,10.9.0.0/24,10.9.0.0/24,Active,0,"\n\n    Green\n\n",0%,,,Europe,dcim.region,,,,False,False,' +
        ',,,,2026-01-01,,,,0,\r\n',
    );
    expect(file.kind).toBe('netbox');
    expect([...file.passedOver]).toEqual([]);
    expect(rows(file.networks)).toEqual([
      '10.1.0.0/16 Offices|Berlin||Acme',
      '10.1.2.0/24 Accounting|Berlin|Users|Acme',
      '2001:db8:1::/48 Lab|||Blue',
      '10.9.0.0/24 10.9.0.0/24|Europe||Green',
    ]);
  });

  it('is the current view of prefixes (4.1), with semicolons', () => {
    const file = read(
      'Prefix;Status;Children;VRF;Utilization;Tenant;Site;VLAN;Role;Description\n' +
        '10.1.2.0/24;Active;0;Global;3%;Acme;Berlin;Accounting (20);Users;Accounting\n',
    );
    expect(file.kind).toBe('netbox');
    expect(rows(file.networks)).toEqual(['10.1.2.0/24 Accounting|Berlin|Users|Acme']);
  });

  it('is that of NetBox 2', () => {
    const file = read(
      'prefix,vrf,tenant,site,vlan_group,vlan,status,role,is_pool,description\n' +
        '10.1.2.0/24,,Acme,Berlin,Floors,20,Active,Users,False,Accounting\n' +
        '10.1.3.0/24,Blue,,,,,Active,,False,\n',
    );
    expect(file.kind).toBe('netbox');
    expect(rows(file.networks)).toEqual([
      '10.1.2.0/24 Accounting|Berlin|Users|Acme',
      '10.1.3.0/24 10.1.3.0/24|||Blue',
    ]);
  });

  it('may have columns that are chosen, and a custom field Name', () => {
    const file = read('Name,Scope,Prefix (Flat),VRF\nhead office,Berlin,10.1.0.0/16,Global\n');
    expect(rows(file.networks)).toEqual(['10.1.0.0/16 head office|Berlin||']);
    expect(read('Prefix,Description\n10.1.0.0/16,Offices\n').kind).toBe('netbox');
    // A file of our own with a column too many is not taken for one.
    expect(() => read('prefix,name,status\n::1,a,b\n')).toThrow(':1: unknown columns "status"');
  });

  it('has a VLAN for a key only where a prefix has several', () => {
    const header = 'Prefix,VRF,VLAN,Description\n';
    const file = read(
      `${header}10.0.0.0/24,A,A (10),a\n10.0.0.0/24,B,B (20),b\n10.0.0.0/24,,,c\n10.0.1.0/24,B,B (20),d\n`,
    );
    expect(rows(file.networks)).toEqual([
      '10.0.0.0/24 a|||A vlan 10',
      '10.0.0.0/24 b|||B vlan 20',
      '10.0.0.0/24 c|||',
      '10.0.1.0/24 d|||B',
    ]);
    const again = read(`${header}10.0.0.0/24,A,A (10),a\n10.0.0.0/24,A,A (10),a\n10.0.0.0/24,A,A (10),a\n`);
    expect(rows(again.networks)).toEqual(['10.0.0.0/24 a|||A']);
    expect([...again.passedOver]).toEqual([['repeated', 2]]);
    expect(() => read(`${header}10.0.0.0/24,A,,a\n10.0.0.0/24,B,,b\n`)).toThrow(
      ':3: 10.0.0.0/24 is in line 2 already: export one tenant, or write a file of your own with vlan or vni',
    );
  });

  it('is tidied: host bits, line breaks, long descriptions', () => {
    const file = read(`Prefix,Status,Description\n10.0.0.7/24,Active,"a\u001b\n b ${'é'.repeat(200)}"\n`);
    expect(rows(file.networks)).toEqual([`10.0.0.0/24 a b ${'é'.repeat(126)}|||`]);
  });

  it.each([
    ['IP ranges', 'Start address,End address,Size,VRF,Status,Role,Tenant,Description\n'],
    ['IP addresses', 'IP Address,VRF,Status,Role,Tenant,Assigned,DNS Name,Description\n'],
    ['aggregates', 'Aggregate,RIR,Tenant,Prefixes,Utilization,Added,Description\n'],
  ])('of %s is refused', (what, text) => {
    expect(() => read(text)).toThrow(`:1: is NetBox's list of ${what}: export IPAM > Prefixes > Prefixes`);
  });

  it('with a row that has no prefix is refused', () => {
    expect(() => read('Prefix,Status\n10.0.0.0/8,Active\nall,Active\n')).toThrow(
      ':3: "all" is no prefix: is this NetBox\'s list of prefixes?',
    );
  });
});

describe('an export of Infoblox', () => {
  it('has a header for each type of object', () => {
    const file = read(
      'header-network,address*,netmask*,comment,disabled,network_view,vlans,EA-Site,EAInherited-Site,' +
        'EA-Role,EA-Tenant\n' +
        'network,10.1.2.0,255.255.255.0,Accounting,,default,default/1/4094/20,Berlin,OVERRIDE,Users,Acme\n' +
        'network,10.1.3.0,255.255.255.192,"Lab,\nthird floor",False,External,<empty>,,,,\n' +
        'network,10.1.4.77,25,,False,default,,,,,\n' +
        'header-networkcontainer,address*,netmask*,comment,network_view,EA-Network Name,EA-Location\n' +
        'networkcontainer,10.1.0.0,255.255.0.0,all of it,default,Offices,Berlin\n' +
        'HEADER-IPv6Network,ADDRESS*,CIDR*,COMMENT,EA-Building\n' +
        'IPv6Network,2001:db8:1::,48,Offices,B2\n' +
        'header-ipv6networkcontainer,address*,cidr*,comment\n' +
        'ipv6networkcontainer,2001:db8::,32,\n' +
        'header-hostrecord,fqdn*,_new_fqdn,addresses\n' +
        'hostrecord,a.example.com,,10.1.2.3\n' +
        'hostrecord,b.example.com,,10.1.2.4\n' +
        'header-dhcprange,start_address*,end_address*\n' +
        'DhcpRange,10.1.2.100,10.1.2.200\n',
    );
    expect(file.kind).toBe('infoblox');
    expect(rows(file.networks)).toEqual([
      '10.1.2.0/24 Accounting|Berlin|Users|Acme',
      '10.1.3.0/26 Lab, third floor|||External',
      '10.1.4.0/25 10.1.4.0/25|||',
      '10.1.0.0/16 Offices|Berlin||',
      '2001:db8:1::/48 Offices|B2||',
      '2001:db8::/32 2001:db8::/32|||',
    ]);
    expect([...file.passedOver]).toEqual([
      ['hostrecord', 2],
      ['dhcprange', 1],
    ]);
  });

  it('has VLANs and VNIs for keys where a network has several', () => {
    const file = read(
      'header-network;address*;netmask*;vlans;EA-VNI;EA-Name\n' +
        'network;10.0.0.0;255.0.0.0;default/1/4094/20;;a\n' +
        'network;10.0.0.0;255.0.0.0;;5001;b\n' +
        'network;10.0.0.0;255.0.0.0;"default/1/4094/20,default/1/4094/30";;c\n',
    );
    expect(rows(file.networks)).toEqual([
      '10.0.0.0/8 a||| vlan 20',
      '10.0.0.0/8 b||| vni 5001',
      '10.0.0.0/8 c|||',
    ]);
  });

  it.each([
    ['no netmask', 'header-network,address*\n', ':1: has no columns address* and netmask* (cidr*)'],
    ['no header', 'header-hostrecord,fqdn*\nnetwork,::1,\n', ':2: no line header-network comes before it'],
    [
      'a wrong netmask',
      'header-network,address*,netmask*\nnetwork,10.0.0.0,255.0.255.0\n',
      ':2: "10.0.0.0 255.0.',
    ],
    [
      'an empty one',
      'header-network,address*,netmask*\nnetwork,10.0.0.0,\n',
      ':2: "10.0.0.0 " is no address and',
    ],
    [
      'a name',
      'header-network,address*,netmask*\nnetwork,lab,24\n',
      ':2: "lab 24" is no address and netmask',
    ],
  ])('is refused for %s', (_, text, told) => {
    expect(() => read(text)).toThrow(told);
  });
});

describe('an export of phpIPAM', () => {
  it('is that of subnets (1.8), saved as CSV', () => {
    const file = read(
      'Section;Subnet;Description;VLAN;VLAN Domain;VRF;Master Subnet;Requests;Host check;Discover;' +
        'custom_Site;custom_role\r\n' +
        'Customers;Berlin (folder);Berlin;NA;;;/;0;0;0;;\r\n' +
        'Customers;10.1.0.0/16;Offices;NA;;;Berlin [folder];0;0;0;Berlin;\r\n' +
        'Customers;10.1.2.0/24;Accounting;20;default;Blue;10.1.0.0/16;1;1;0;Berlin;Users\r\n' +
        'IPv6;2001:db8::/32;;NA;;;/;0;0;0;;\r\n' +
        ';;;;;;;;;;;\r\n',
    );
    expect(file.kind).toBe('phpipam');
    expect(rows(file.networks)).toEqual([
      '10.1.0.0/16 Offices|Berlin||Customers',
      '10.1.2.0/24 Accounting|Berlin|Users|Blue',
      '2001:db8::/32 2001:db8::/32|||IPv6',
    ]);
    expect([...file.passedOver]).toEqual([['folder', 1]]);
  });

  it('is that of a search, with masks', () => {
    const file = read(
      'Section,Subnet,Mask,Description,Master subnet,VLAN,IP requests\n' +
        'Customers,Folder,,Berlin,/,,\n' +
        'Customers,10.1.2.0,24,Accounting,10.1.0.0/16(Offices),20,yes\n' +
        'Customers,10.1.2.0,24,Lab,10.1.0.0/16(Offices),30,\n',
    );
    expect(rows(file.networks)).toEqual([
      '10.1.2.0/24 Accounting|||Customers vlan 20',
      '10.1.2.0/24 Lab|||Customers vlan 30',
    ]);
    expect([...file.passedOver]).toEqual([['folder', 1]]);
  });

  it('of addresses is refused', () => {
    const told = ":1: is phpIPAM's list of addresses: export Subnets; names_file takes its hosts file";
    expect(() => read('Section,IP Address,Hostname,Description,VRF,Subnet,MAC\n')).toThrow(told);
    expect(() => read('ip address,ip state,description,hostname,mac,owner\n')).toThrow(told);
    expect(() => read('Section,Subnet\nCustomers,Offices\n')).toThrow(
      ':2: "Offices" is no subnet: is this phpIPAM\'s export of subnets?',
    );
  });
});
