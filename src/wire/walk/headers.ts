/** The headers that a walk reads. They are reused for every frame. */
import { AhHeader } from '../ip/ah.js';
import { Ipv4Header } from '../ip/ipv4.js';
import { Ipv6Header } from '../ip/ipv6.js';
import { Ipv6Extension } from '../ip/ipv6-extension.js';
import { PimHeader } from '../ip/pim.js';
import { AristaTimestamp } from '../link/arista-timestamp.js';
import { CiscoMetadata } from '../link/cisco-metadata.js';
import { Ieee80211Header } from '../link/ieee80211.js';
import { LlcHeader, SnapHeader } from '../link/llc.js';
import { MacsecTag } from '../link/macsec.js';
import { PppHeader } from '../link/ppp.js';
import { PppoeHeader } from '../link/pppoe.js';
import { ErspanHeader } from '../tunnel/erspan.js';
import { GeneveHeader } from '../tunnel/geneve.js';
import { GreHeader } from '../tunnel/gre.js';
import { GtpuHeader } from '../tunnel/gtpu.js';
import { NshHeader } from '../tunnel/nsh.js';
import { VxlanHeader } from '../tunnel/vxlan.js';
import { VxlanGpeHeader } from '../tunnel/vxlan-gpe.js';
import { WccpHeader } from '../tunnel/wccp.js';

export class Headers {
  readonly llc = new LlcHeader();
  readonly snap = new SnapHeader();
  readonly ppp = new PppHeader();
  readonly pppoe = new PppoeHeader();
  readonly ciscoMetadata = new CiscoMetadata();
  readonly ieee80211 = new Ieee80211Header();
  readonly aristaTimestamp = new AristaTimestamp();
  readonly nsh = new NshHeader();
  readonly macsec = new MacsecTag();
  readonly ipv4 = new Ipv4Header();
  readonly ipv6 = new Ipv6Header();
  readonly extension = new Ipv6Extension();
  readonly ah = new AhHeader();
  readonly gre = new GreHeader();
  readonly erspan = new ErspanHeader();
  readonly vxlan = new VxlanHeader();
  readonly vxlanGpe = new VxlanGpeHeader();
  readonly geneve = new GeneveHeader();
  readonly gtpu = new GtpuHeader();
  readonly pim = new PimHeader();
  readonly wccp = new WccpHeader();
}
