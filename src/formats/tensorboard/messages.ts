/** The messages of TensorBoard's event files, as TensorFlow's and TensorBoard's public .proto files declare them. */
import protobuf from 'protobufjs';

/** event.proto, summary.proto, histogram.proto, tensor.proto; of hparams' plugin_data.proto what begins a session. */
const declarations = `
syntax = "proto3";
package tensorboard;

message Event {
  double wall_time = 1;
  int64 step = 2;
  oneof what {
    string file_version = 3;
    Summary summary = 5;
    SessionLog session_log = 7;
  }
}

message SessionLog {
  enum SessionStatus { STATUS_UNSPECIFIED = 0; START = 1; STOP = 2; CHECKPOINT = 3; }
  SessionStatus status = 1;
}

message Summary {
  message Image {
    int32 height = 1;
    int32 width = 2;
    int32 colorspace = 3;
    bytes encoded_image_string = 4;
  }
  message Value {
    string tag = 1;
    SummaryMetadata metadata = 9;
    oneof value {
      float simple_value = 2;
      Image image = 4;
      HistogramProto histo = 5;
      TensorProto tensor = 8;
    }
  }
  repeated Value value = 1;
}

message SummaryMetadata {
  message PluginData {
    string plugin_name = 1;
    bytes content = 2;
  }
  PluginData plugin_data = 1;
}

message HistogramProto {
  double min = 1;
  double max = 2;
  double num = 3;
  double sum = 4;
  double sum_squares = 5;
  repeated double bucket_limit = 6 [packed = true];
  repeated double bucket = 7 [packed = true];
}

message TensorProto {
  int32 dtype = 1;
  TensorShapeProto tensor_shape = 2;
  repeated bytes string_val = 8;
}

message TensorShapeProto {
  message Dim { int64 size = 1; }
  repeated Dim dim = 2;
}

message HParamsPluginData {
  int32 version = 1;
  SessionStartInfo session_start_info = 3;
}

message SessionStartInfo {
  map<string, Value> hparams = 1;
  string group_name = 4;
  double start_time_secs = 5;
}

// google.protobuf.Value, whose kinds have the same numbers.
message Value {
  oneof kind {
    double number_value = 2;
    string string_value = 3;
    bool bool_value = 4;
  }
}
`;

const { root } = protobuf.parse(declarations);

/** One entry of a summary, with one of the values. */
export interface SummaryValue {
  readonly tag: string;
  readonly simpleValue?: number;
  readonly image?: PictureValue;
  readonly histo?: HistogramValue;
  readonly tensor?: StringTensor;
  readonly metadata?: { readonly pluginData: { readonly pluginName: string; readonly content?: Uint8Array } };
}

export interface PictureValue {
  readonly height: number;
  readonly width: number;
  /** Channels. */
  readonly colorspace: number;
  /** A PNG file. */
  readonly encodedImageString: Uint8Array;
}

export interface HistogramValue {
  readonly min: number;
  readonly max: number;
  readonly num: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** Ascending; a bucket ends with its limit. */
  readonly bucketLimit: readonly number[];
  readonly bucket: readonly number[];
}

export interface StringTensor {
  /** 7 is DT_STRING. */
  readonly dtype: 7;
  readonly tensorShape: { readonly dim: readonly { readonly size: number }[] };
  readonly stringVal: readonly Uint8Array[];
}

/** An event, with one of what it may be about. */
export interface Event {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion?: string;
  readonly summary?: { readonly value: readonly SummaryValue[] };
  /** 1: what other files hold of this step and later ones is void. */
  readonly sessionLog?: { readonly status: 1 };
}

export interface SessionStart {
  readonly version: 0;
  readonly sessionStartInfo: {
    readonly hparams: Readonly<
      Record<
        string,
        { readonly numberValue?: number; readonly stringValue?: string; readonly boolValue?: boolean }
      >
    >;
    readonly groupName: string;
    readonly startTimeSecs: number;
  };
}

const encoder =
  <Message extends object>(name: string) =>
  (message: Message): Uint8Array => {
    const type = root.lookupType(`tensorboard.${name}`);
    return type.encode(message as Record<string, unknown>).finish();
  };

export const encodeEvent = encoder<Event>('Event');
export const encodeSessionStart = encoder<SessionStart>('HParamsPluginData');

/** The step of an encoded event. @throws Error when the bytes are none */
export function stepOfEvent(bytes: Uint8Array): number {
  const { step } = root.lookupType('tensorboard.Event').decode(bytes) as unknown as {
    readonly step: number | { toNumber(): number };
  };
  return typeof step === 'number' ? step : step.toNumber();
}
