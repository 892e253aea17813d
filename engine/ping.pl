#!/usr/bin/perl
# Asks a MongoDB server whether it answers: ping.pl [--write] SOCKET|HOST:PORT
#
# A fresh machine has no MongoDB client, but every Debian has perl-base, and this needs no more than that: it speaks
# just enough of the wire protocol (OP_MSG, BSON) for ping, insert, find and dropDatabase. With --write it also
# stores a document, reads it back and drops its database, since a server can answer a ping and still refuse every insert.
# Exit status 0: it answers. 1: it does not, with the reason on stderr. 2: wrong use.
use strict;
use warnings;
use IO::Socket::UNIX;
use IO::Socket::IP;

use constant { OP_MSG => 2013, SECONDS => 10, LARGEST_REPLY => 1 << 20 };

# BSON of a list of [name, value]; a value is an integer, a string, or a reference: \@fields a document, \\@documents an array of them.
sub bson {
    my $body = '';
    for my $field (@_) {
        my ($name, $value) = @$field;
        if (ref $value eq 'REF') {
            $body .= "\x04$name\0" . bson_items(map { bson(@$_) } @$$value);
        } elsif (ref $value eq 'ARRAY') {
            $body .= "\x03$name\0" . bson(@$value);
        } elsif ($value =~ /\A-?\d+\z/) {
            $body .= "\x10$name\0" . pack('l<', $value);
        } else {
            $body .= "\x02$name\0" . pack('V/a*', "$value\0");
        }
    }
    return pack('V', length($body) + 5) . $body . "\0";
}

# A BSON array of documents that are encoded already.
sub bson_items {
    my ($i, $body) = (0, '');
    $body .= "\x03" . $i++ . "\0" . $_ for @_;
    return pack('V', length($body) + 5) . $body . "\0";
}

# Bytes that the value of each BSON type takes, for those of a fixed size.
my %width = (0x01 => 8, 0x06 => 0, 0x07 => 12, 0x08 => 1, 0x09 => 8, 0x0A => 0, 0x10 => 4, 0x11 => 8, 0x12 => 8, 0x13 => 16);

# The top-level fields of a BSON document by name: numbers and strings as such, everything else as its bytes.
sub fields {
    my ($doc) = @_;
    my ($at, %field) = (4);
    while ((my $type = unpack "x$at C", $doc) != 0) {
        my $name = unpack "x$at x Z*", $doc;
        $at += 2 + length $name;
        my $size = $width{$type};
        if (!defined $size) {
            $size = unpack "x$at V", $doc;
            $size += $type == 0x02 ? 4 : $type == 0x05 ? 5 : $type == 0x03 || $type == 0x04 ? 0 : die "unknown BSON type $type in a reply\n";
        }
        my $bytes = substr $doc, $at, $size;
        $field{$name}
            = $type == 0x01 ? unpack('d<', $bytes)
            : $type == 0x02 ? unpack('x4 Z*', $bytes)
            : $type == 0x10 ? unpack('l<', $bytes)
            : $type == 0x12 ? unpack('q<', $bytes)
            :                 $bytes;
        $at += $size;
    }
    return \%field;
}

sub receive {
    my ($server, $size) = @_;
    my $bytes = '';
    while (length $bytes < $size) {
        my $n = sysread $server, $bytes, $size - length $bytes, length $bytes;
        die "the connection broke: $!\n" unless defined $n;
        die "the server closed the connection\n" unless $n;
    }
    return $bytes;
}

# Runs one command and gives the reply's fields; dies with the server's own words where it refuses.
sub command {
    my ($server, @fields) = @_;
    my $message = pack('V C', 0, 0) . bson(@fields);
    $message = pack('V4', 16 + length $message, 1, 0, OP_MSG) . $message;
    my $sent = syswrite $server, $message;
    die "cannot send to the server: $!\n" unless defined $sent && $sent == length $message;

    my ($size, undef, undef, $op) = unpack 'V4', receive($server, 16);
    die "this is no MongoDB server\n" if $op != OP_MSG || $size < 26 || $size > LARGEST_REPLY;
    my $reply = fields(substr receive($server, $size - 16), 5);
    die "$fields[0][0]: " . ($reply->{errmsg} // 'refused') . "\n" unless $reply->{ok};
    die "$fields[0][0]: a write error\n" if $reply->{writeErrors};
    return $reply;
}

sub connect_to {
    my ($address) = @_;
    my $server
        = $address =~ m{/}
        ? IO::Socket::UNIX->new(Peer => $address)
        : IO::Socket::IP->new(PeerAddr => $address, PeerPort => 27017, Timeout => SECONDS);
    return $server // die "cannot connect: $!\n";
}

# Stores a document in a collection of its own, reads it back, and leaves nothing behind.
sub check_writes {
    my ($server) = @_;
    my @db = (['$db', 'kpi_engine_check']);
    my $name = "probe_$$";
    command($server, ['insert', $name], ['documents', \[[['_id', $$]]]], @db);
    my $found = command($server, ['find', $name], ['filter', [['_id', $$]]], @db);
    my $batch = fields($found->{cursor})->{firstBatch};
    command($server, ['dropDatabase', 1], @db);
    die "a document that was inserted is not found\n" unless exists fields($batch)->{0};
}

my $write = @ARGV && $ARGV[0] eq '--write' && shift @ARGV;
if (@ARGV != 1) {
    print STDERR "usage: ping.pl [--write] SOCKET|HOST:PORT\n";
    exit 2;
}
$SIG{ALRM} = sub { die 'no answer for ' . SECONDS . " seconds\n" };
$SIG{PIPE} = 'IGNORE';
alarm SECONDS;
my $ok = eval {
    my $server = connect_to($ARGV[0]);
    command($server, ['ping', 1], ['$db', 'admin']);
    check_writes($server) if $write;
    1;
};
print STDERR "$ARGV[0]: $@" unless $ok;
exit($ok ? 0 : 1);
