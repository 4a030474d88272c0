/** What a response's Content-Type and Content-Disposition say. */

export interface ContentInfo {
  contentType: string;
  mimeType: string;
  mimeFormat: string;
  charset: string;
  fileExtension: string;
  fileName: string;
}

const extensions: Record<string, string> = {
  'application/json': 'json',
  'application/javascript': 'js',
  'text/javascript': 'js',
  'application/xml': 'xml',
  'text/xml': 'xml',
  'text/html': 'html',
  'text/plain': 'txt',
  'text/css': 'css',
  'text/csv': 'csv',
  'application/pdf': 'pdf',
  'application/zip': 'zip',
  'application/octet-stream': 'bin',
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/gif': 'gif',
  'image/svg+xml': 'svg',
  'image/webp': 'webp',
  'audio/mpeg': 'mpga',
  'video/mp4': 'mp4',
};

function formatOf(type: string): { mimeType: string; mimeFormat: string } {
  const [major = '', minor = ''] = type.split('/');
  if (/\bjson\b/.test(minor)) return { mimeType: 'text', mimeFormat: 'json' };
  if (/\bxml\b/.test(minor) && major !== 'image') return { mimeType: 'text', mimeFormat: 'xml' };
  if (/\bhtml\b/.test(minor)) return { mimeType: 'text', mimeFormat: 'html' };
  if (/\b(javascript|jscript|ecmascript)\b/.test(minor)) return { mimeType: 'text', mimeFormat: 'script' };
  if (/\byaml\b/.test(minor)) return { mimeType: 'text', mimeFormat: 'yaml' };
  if (major === 'text') return { mimeType: 'text', mimeFormat: minor === 'css' ? 'stylesheet' : 'plain' };
  if (['image', 'audio', 'video'].includes(major)) return { mimeType: major, mimeFormat: major };
  if (minor.includes('pdf')) return { mimeType: 'embed', mimeFormat: 'pdf' };
  return { mimeType: major === '' ? 'unknown' : major, mimeFormat: 'raw' };
}

export function contentInfo(contentType: unknown, disposition: unknown): ContentInfo {
  const text = typeof contentType === 'string' && contentType !== '' ? contentType : 'text/plain';
  const [type = 'text/plain'] = text.split(';').map((part) => part.trim().toLowerCase());
  const charset = /charset\s*=\s*"?([\w.-]+)/i.exec(text)?.[1]?.toLowerCase();
  const { mimeType, mimeFormat } = formatOf(type);
  const fileExtension = extensions[type] ?? '';
  const named =
    typeof disposition === 'string'
      ? /filename\*?\s*=\s*(?:utf-8'')?"?([^";]+)"?/i.exec(disposition)?.[1]
      : undefined;
  const fileName = named ?? (fileExtension === '' ? 'response' : `response.${fileExtension}`);
  return {
    contentType: type,
    mimeType,
    mimeFormat,
    charset: charset === undefined ? 'utf8' : charset.replace('utf-8', 'utf8'),
    fileExtension: named?.includes('.') ? named.slice(named.lastIndexOf('.') + 1) : fileExtension,
    fileName,
  };
}
