/** Carriers that are offered by name; any other can be typed. */
export const CARRIERS = [
  'DHL',
  'UPS',
  'FedEx',
  'USPS',
  'Royal Mail',
  'Canada Post',
  'La Poste',
  'GLS',
  'DPD',
] as const
