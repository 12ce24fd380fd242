// Types that requests are read with: they come with the toolkit.
@_exported public import struct HTTPSemantics.ByteRanges
@_exported public import struct HTTPSemantics.EntityTag
@_exported public import enum HTTPSemantics.EntityTagList
